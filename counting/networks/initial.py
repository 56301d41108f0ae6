"""Initial weights: the same bits for a seed on every machine, without PyTorch.

PyTorch's own draws differ between kinds of processors. These are whole numbers from
NumPy's PCG64, scaled by single operations whose result IEEE 754 defines to the bit. The
distributions are those that PyTorch documents for its layers (base/parameters.py).
"""

from __future__ import annotations

import math

import numpy as np

from counting.base.checkpoint import Arrays
from counting.base.models import Model
from counting.base.parameters import Tensor, tensors
from counting.base.types import Array

BITS = 24  # of a drawn number, as many as a float32 holds exactly
SUMMED = 12  # uniform numbers whose sum is nearly normal, with a variance of one


def weights(model: Model, V: int, seed: int) -> Arrays:
    """Draw the weights that a training begins with.

    Args:
        model: the variant.
        V: size of the vocabulary.
        seed: fixes the draws.

    Returns:
        The tensors by the names of the network's state_dict, without those of a
        recurrence of your own.
    """
    source = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0,)))
    return {
        name: drawn(source, tensor)
        for name, tensor in tensors(model, V).items()
        if tensor.start != "its own"
    }


def drawn(source: np.random.PCG64, tensor: Tensor) -> Array:
    """Draw one tensor, or fill it with its constant."""
    match tensor.start:
        case "normal":
            return normal(source, tensor.shape)
        case "uniform":
            return np.float32(tensor.scale) * uniform(source, tensor.shape)
        case _:
            return np.full(tensor.shape, tensor.scale, tensor.dtype)


def whole(source: np.random.PCG64, shape: tuple[int, ...]) -> Array:
    """Draw whole numbers from 0 up to 2^24, int64."""
    raw = source.random_raw(math.prod(shape)) >> np.uint64(64 - BITS)
    return raw.astype(np.int64).reshape(shape)


def uniform(source: np.random.PCG64, shape: tuple[int, ...]) -> Array:
    """Draw from the uniform distribution between -1 and 1, float32."""
    half = 2 ** (BITS - 1)
    drawn: Array = (whole(source, shape) - half) / half  # exact in float64 and float32
    return drawn.astype(np.float32)


def normal(source: np.random.PCG64, shape: tuple[int, ...]) -> Array:
    """Draw from a distribution that is nearly the standard normal one, float32.

    The sum of twelve uniform numbers in [0, 1), less six: mean 0, variance 1, between
    -6 and 6; its distribution function is within .003 of the normal one everywhere.
    Whole numbers are summed, which is exact in any order, and no logarithm or cosine is
    taken, which differ between C libraries.
    """
    total = whole(source, (SUMMED, *shape)).sum(0) - SUMMED * 2 ** (BITS - 1)
    drawn: Array = total / 2**BITS  # exact in float64
    return drawn.astype(np.float32)
