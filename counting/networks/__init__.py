"""The definition of every network, in plain PyTorch, on any device.

Read loop.py, network.py and copy_head.py, in this order. The engine repeats them in
compiled loops and must equal them; autograd, other devices and exports start from here,
all of them with the weights of initial.py.

PyTorch takes longer to load than the engine to judge a text, and initial.py does
without. So what needs it is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from counting.networks.copy_head import CopyHead
    from counting.networks.loop import Loop
    from counting.networks.network import Network
    from counting.networks.trained import load

__all__ = ["CopyHead", "Loop", "Network", "load"]
HOME = {
    "CopyHead": "copy_head",
    "Loop": "loop",
    "Network": "network",
    "load": "trained",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for from its module."""
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOME[name]}"), name)
