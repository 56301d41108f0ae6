"""Batches of a token stream: which windows a step reads.

A window is T + 1 tokens: T inputs, and as targets the same shifted by one. A batch is
B of them.
"""

from __future__ import annotations

import numpy as np

from counting.base.errors import InputError
from counting.base.params import Recipe
from counting.base.types import Array
from counting.text import streams
from counting.training import recombination


class Windows:
    """The windows of a stream, as a recipe draws them.

    Args:
        stream: tokens (n,), of any integer type.
        recipe: how they are drawn.
        batch_size: B.

    Raises:
        InputError: the stream is shorter than one window, or, where the recipe asks
            for it, there is no window in which anything can be recombined.
    """

    def __init__(self, stream: Array, recipe: Recipe, batch_size: int) -> None:
        self.stream, self.recipe, self.batch_size = stream, recipe, batch_size
        self.windows = windows_of(stream, recipe.bptt)
        if recipe.recombine:
            self.table = recombination.build(stream, recipe.bptt, burn_in=0)

    def draw(self, step: int, drawing: np.random.Generator) -> tuple[Array, Array]:
        """Give the windows (B, T + 1) int64 of a step, and whether targets are known.

        The second is (B, T) bool: what cannot be known is not scored.
        """
        rows = self.rows(step, drawing)
        return rows, np.ones_like(rows[:, 1:], np.bool_)

    def rows(self, step: int, drawing: np.random.Generator) -> Array:
        """Give the windows (B, T + 1) int64 of a step."""
        B, T = self.batch_size, self.recipe.bptt
        if self.recipe.sampling == "rows":
            return self.at(row_starts(step, len(self.stream), B, T))
        put = round(self.recipe.recombine * B)
        as_they_stand = self.at(drawing.integers(len(self.windows), size=B - put))
        if not put:
            return as_they_stand
        which = recombination.drawn(self.table, drawing.random(put))
        changed = recombination.recombined(self.table, which, drawing.random(put), T)
        return np.concatenate([changed, as_they_stand])

    def at(self, starts: Array) -> Array:
        """Give the windows (k, T + 1) int64 at places (k,) of the stream."""
        windows = self.windows[starts].astype(np.int64)
        streams.release(self.stream)
        return windows


def windows_of(stream: Array, bptt: int) -> Array:
    """Give every window of a stream (n,): a view (n - bptt, bptt + 1).

    Raises:
        InputError: the stream is shorter than one window.
    """
    if len(stream) <= bptt:
        raise InputError(
            f"the stream has {len(stream)} tokens, expected at least {bptt + 1} for "
            f"one window of bptt = {bptt}; lower bptt, or widen the range in spell"
        )
    return np.lib.stride_tricks.sliding_window_view(stream, bptt + 1)


def steps_per_epoch(tokens: int, batch_size: int, bptt: int) -> int:
    """Count the batches that the article cuts from a stream of `tokens`.

    Raises:
        InputError: the stream is shorter than one batch.
    """
    steps = (tokens - 1) // batch_size // bptt
    if steps == 0:
        raise InputError(
            f"the stream has {tokens} tokens, expected at least "
            f"{batch_size * bptt + 1} for {batch_size} rows of bptt = {bptt}; "
            "lower batch_size or bptt, or widen the range in spell"
        )
    return steps


def row_starts(step: int, tokens: int, batch_size: int, bptt: int) -> Array:
    """Start (B,) the windows of one step where the article does.

    The stream is cut into B contiguous rows; step k of an epoch reads the k-th
    stretch of bptt tokens of each.
    """
    column = step % steps_per_epoch(tokens, batch_size, bptt)
    row = (tokens - 1) // batch_size
    return np.arange(batch_size) * row + column * bptt
