"""Which recurrences there are, known without loading PyTorch.

One of your own is a module that is built with hidden_size and called like
nn.GRU(H, H, batch_first=True): `forward(embedded (B, T, H), state=None)` returns the
hidden states (B, T, H) and the state to go on from. Put its class into
counting/networks and its name into `OWN`, and train it with `engine: autograd`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from counting.base.errors import InputError

BUILT_IN = ("loop", "rnn", "gru", "lstm")  # in the definition and in the engine
OWN: dict[str, str] = {}  # such as "mgu": "counting.networks.mgu:MGU"


def own(name: str) -> Any:
    """Import the class of a recurrence in `OWN`; this loads PyTorch.

    Raises:
        InputError: there is no such class.
    """
    module, _, class_name = OWN[name].partition(":")
    try:
        return getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"recurrence: {name!r} is {OWN[name]!r}, expected a class there ({error}); "
            "correct OWN in counting/base/recurrences.py"
        ) from None
