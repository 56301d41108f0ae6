"""Batches of a token stream: which windows a step reads, and where they have loss.

A window is T + 1 tokens: T inputs, and as targets the same shifted by one. A batch is
B windows. Each starts from a state of zeros, so its first words can only be guessed: a
target has loss once a whole line was read before it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from counting.base.errors import InputError
from counting.base.models import Recipe
from counting.base.types import Array
from counting.text import streams
from counting.training import recombination
from counting.training.lines import (
    SEPARATOR,
    SURVEYED,
    begins_line,
    known,
    rare_transitions,
)


class Drawn(NamedTuple):
    """The windows of a step."""

    rows: Array  # (B, T + 1) int64
    read: Array  # (B, T) int64, what the recurrence reads: some words are misread
    known: Array  # (B, T) bool, whether targets can be known, and so have loss


class Windows:
    """The windows of a stream, as a recipe draws them.

    Args:
        stream: tokens (n,), of any integer type.
        recipe: how they are drawn. Words are misread only where no window can be
            recombined: both at once were no better than recombination alone.
        batch_size: B.
        V: size of the vocabulary.

    Raises:
        InputError: the stream is shorter than one window, or its lines are longer.
    """

    def __init__(self, stream: Array, recipe: Recipe, batch_size: int, V: int) -> None:
        self.stream, self.recipe = stream, recipe
        self.batch_size, self.V = batch_size, V
        self.count = len(windows_of(stream, recipe.bptt))
        self.table = None
        if recipe.sampling == "windows":
            rare = rare_transitions(stream[:SURVEYED], recipe.bptt)
            self.lines, self.chances = rare
            if recipe.recombine:  # None, too, where nothing can be recombined
                self.table = recombination.build(stream, recipe.bptt, rare)
        self.misread = 0.0 if self.table else recipe.misread

    def draw(self, step: int, drawing: np.random.Generator) -> Drawn:
        """Draw the windows of a step, the recombined ones first."""
        B, T = self.batch_size, self.recipe.bptt
        if self.recipe.sampling == "rows":
            rows = self.at(row_starts(step, len(self.stream), B, T))
            return Drawn(rows, rows[:, :-1], np.ones((B, T), np.bool_))
        put = round(self.recipe.recombine * B) if self.table else 0
        starts = self.starts(B - put, drawing)
        rows = self.at(starts)
        read = rows[:, :-1].copy()
        rare = len(starts) // 4  # never misread: they can only be learnt by heart
        read[rare:] = misread(read[rare:], self.V, self.misread, drawing)
        if self.table and put:
            changed, origins = recombination.draw(self.table, put, T, drawing)
            rows = np.concatenate([changed, rows])
            read = np.concatenate([changed[:, :-1], read])
            starts = np.concatenate([origins, starts])
        return Drawn(rows, read, known(rows, begins_line(self.stream, starts)))

    def starts(self, k: int, drawing: np.random.Generator) -> Array:
        """Draw where k windows begin: half of them where a line begins.

        Half of those, the first ones, so that every kind of transition from one line to
        the next is as likely.
        """
        quarter, last = k // 4, self.count
        rare = self.lines[np.searchsorted(self.chances, drawing.random(quarter))]
        at_line = self.next_line(drawing.integers(last, size=quarter))
        return np.concatenate(
            [rare, at_line, drawing.integers(last, size=k - 2 * quarter)]
        )

    def next_line(self, starts: Array) -> Array:
        """Move starts (k,) to the next beginning of a line, where that leaves room."""
        ends = self.at(starts) == SEPARATOR  # (k, T + 1)
        moved = starts + ends.argmax(1) + 1
        fits = ends.any(1) & (moved < self.count)
        return np.where(fits, moved, starts)

    def at(self, starts: Array) -> Array:
        """Give the windows (k, T + 1) int64 that begin at starts (k,) of the stream."""
        windows = windows_of(self.stream, self.recipe.bptt)[starts].astype(np.int64)
        streams.release(self.stream)
        return windows


def misread(tokens: Array, V: int, share: float, drawing: np.random.Generator) -> Array:
    """Read a share of the words of the vocabulary as others, throughout a window.

    There, a list learnt by heart is wrong, and copying from the window is right. It is
    word dropout by type (Gal and Ghahramani 2016), with another word in place of none.

    Args:
        tokens: (B, T) int64.
        V: size of the vocabulary; each window has its own words that are misread.
        share: of the vocabulary, in [0, 1].
        drawing: the source of draws.
    """
    if not share:
        return tokens
    shape = (len(tokens), V)
    others = drawing.integers(V, size=shape)
    read_as = np.where(drawing.random(shape) < share, others, np.arange(V))
    return np.take_along_axis(read_as, tokens, 1)


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
    bptt tokens of each.
    """
    column = step % steps_per_epoch(tokens, batch_size, bptt)
    row = (tokens - 1) // batch_size
    return np.arange(batch_size) * row + column * bptt
