"""Which recurrences there are, known without loading PyTorch.

One of your own is a module with the manners of nn.GRU(H, H, batch_first=True), called
with hidden_size: `forward(embedded (B, T, H), state=None)` gives the states (B, T, H)
and what it goes on from. Put its class into counting/networks, its name here, and train
it with `engine: autograd`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from counting.base.errors import InputError

BUILT_IN = ("loop", "rnn", "gru", "lstm")  # the definition and the engine have them
OWN: dict[str, str] = {}  # such as "mgu": "counting.networks.mgu:MGU"


def own(name: str) -> Any:
    """Give the class of a recurrence of one's own; loads PyTorch.

    Raises:
        InputError: there is none where its entry says.
    """
    module, _, class_name = OWN[name].partition(":")
    try:
        return getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"recurrence: {name!r} is {OWN[name]!r}, expected a class there ({error}); "
            "correct OWN in counting/base/recurrences.py"
        ) from None
