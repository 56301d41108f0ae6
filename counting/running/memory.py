"""How much memory a training needs, checked before any work is done."""

from __future__ import annotations

import math
import resource

import psutil

from counting.base import parameters
from counting.base.errors import InputError
from counting.base.models import Model, Recipe

FLOAT = 4  # bytes
LIBRARIES = 2**30  # bytes of address space that libraries and machine code take
GIB = 2**30


def padded(columns: int, to: int = 32) -> int:
    """Round up as the engine does, without loading it."""
    return -(-columns // to) * to


def needed(model: Model, recipe: Recipe, V: int) -> int:
    """Estimate the bytes that the largest arrays of a training step take.

    Args:
        model: the variant.
        recipe: how it is trained.
        V: size of the vocabulary.
    """
    tensors = parameters.tensors(model, V)
    H, N = model.hidden_size, recipe.bptt * model.batch_size
    columns = padded(V) + padded(tensors["h_o.bias"].shape[0] - V)
    numbers = sum(math.prod(tensor.shape) for tensor in tensors.values())
    # parameters, gradients, two moments; states and gates twice; the head and its
    # gradients
    floats = 4 * numbers + 12 * N * H + N * columns + 3 * columns * H
    if model.copy_head:
        # probabilities and their gradient; attention; the table of substitutes, twice
        floats += N * (columns + V) + N * padded(recipe.bptt, 8) + 2 * V * padded(V)
    return floats * FLOAT


def available() -> int:
    """Give the bytes that this process may still take."""
    free = int(psutil.virtual_memory().available)
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return free if limit == resource.RLIM_INFINITY else min(free, limit - LIBRARIES)


def check(name: str, model: Model, recipe: Recipe, V: int) -> None:
    """Check that a variant fits into memory.

    Raises:
        InputError: it does not; it says how much is needed, and what to lower.
    """
    if (wanted := needed(model, recipe, V)) > (there := available()):
        raise InputError(
            f"{name} needs about {wanted / GIB:.1f} GiB of memory with a vocabulary of "
            f"{V:,} words, expected at most the {max(there, 0) / GIB:.1f} GiB that are "
            f"free: lower batch_size ({model.batch_size}) or hidden_size "
            f"({model.hidden_size}), or raise prepare.min_count"
        )
