"""The definition of every network, in plain PyTorch, on any device.

Read loop.py, network.py and copy_head.py, in this order. The engine computes the same
in compiled loops, and tests compare the two; autograd, other devices and exports use
the definition itself. All begin with the weights of initial.py.

Loading PyTorch takes longer than the engine takes to judge a text. So the names below,
which need it, are imported on first use; initial.py works without it.
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
    """Import a name from its module."""
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOME[name]}"), name)
