"""Trained networks, loaded from their folder."""

from __future__ import annotations

from pathlib import Path

import torch

from counting.base import checkpoint
from counting.networks.network import Network


def load(folder: Path | str, seed: int) -> Network:
    """Load a trained network, in evaluation mode.

    Args:
        folder: of a variant, such as data/models/gru.
        seed: one of those that the variant was trained with.

    Returns:
        The module: tokens (B, T) int64 to log probabilities (B, T, V) and a state.

    Raises:
        InputError: the folder or a file in it is missing, damaged or of another
            version, or the variant was not trained with the seed.
    """
    config = checkpoint.load_config(Path(folder))
    network = Network(config.model, len(config.vocabulary))
    arrays = checkpoint.load_weights(Path(folder), config, seed)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in arrays.items()})
    return network.eval()
