"""The definition of every network, in plain PyTorch, on any device.

Read loop.py, network.py and copy_head.py, in this order. The engine repeats them in
compiled loops and must equal them; autograd, other devices and exports start from here.
"""

from __future__ import annotations

from pathlib import Path

import torch

from counting.base import checkpoint
from counting.networks.copy_head import CopyHead
from counting.networks.loop import Loop
from counting.networks.network import Network

__all__ = ["CopyHead", "Loop", "Network", "load"]


def load(folder: Path | str, seed: int) -> Network:
    """Load a trained network, in evaluation mode.

    Args:
        folder: of a variant, such as data/models/gru.
        seed: one of those it was trained with.

    Returns:
        The module: tokens (B, T) int64 to log probabilities (B, T, V) and a state.

    Raises:
        InputError: the folder or a file in it is missing, damaged, or of another
            version.
    """
    config = checkpoint.load_config(Path(folder))
    network = Network(config.model, len(config.vocabulary))
    arrays = checkpoint.load_weights(Path(folder), config, seed)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in arrays.items()})
    return network.eval()
