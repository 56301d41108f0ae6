"""What judging needs of a network, whichever engine runs it.

There are two readers: `Inference` in counting/engine/forward.py, and `Definition` in
definition.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from counting.base import checkpoint
from counting.base.checkpoint import Config
from counting.base.recurrences import OWN
from counting.base.types import Array, Inside, Reading
from counting.engine.forward import Inference
from counting.engine.weights import Weights


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
            state: what an earlier call returned; None for a state of zeros.

        Returns:
            The likeliest token after each, and the losses in nats, (T, B) each; and
            the state after the last token.
        """


class Trained(Reader, Protocol):
    """A reader that can be looked into."""

    def inspect(
        self, tokens: Array, targets: Array | None = None, state: Any = None
    ) -> tuple[Reading, Inside, Any]:
        """Read tokens as a call does, and give what is inside the network too."""


def load(folder: Path, config: Config, seed: int, device: str | None = None) -> Trained:
    """Load a trained network to read with.

    Args:
        folder: of the variant.
        config: the folder's own.
        seed: one of those it was trained with.
        device: where PyTorch runs the definition; None for the compiled engine, if it
            has the recurrence.

    Raises:
        InputError: see `checkpoint.load_weights` and `Definition`.
    """
    if device is None and config.model.recurrence not in OWN:
        weights = checkpoint.load_weights(folder, config, seed)
        return Inference(Weights.of(config.model, weights))
    # PyTorch takes longer to load than the compiled engine to judge a stream
    from counting import networks
    from counting.evaluation.definition import Definition

    return Definition(networks.load(folder, seed), device or "cpu")
