"""What judging asks of a network, whichever engine runs it.

`counting.engine.forward.Inference` is one, and so is `Definition` in definition.py.
"""

from __future__ import annotations

from typing import Any, Protocol

from counting.base.types import Array, Reading


class Reader(Protocol):
    """A trained network that reads tokens, windows or one after the other."""

    def __call__(
        self, tokens: Array, targets: Array | None = None, state: Any = None
    ) -> tuple[Reading, Any]:
        """Read tokens.

        Args:
            tokens: (T, B), int64.
            targets: (T, B), int64, the tokens that come next, for the losses, which
                are 0 at NO_TARGET.
            state: that an earlier call ended on; None for the beginning.

        Returns:
            The likeliest token after each, and the losses in nats, (T, B) each; and
            the state after the last token.
        """
