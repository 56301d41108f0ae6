"""The lines of a text, whatever their words: where windows begin, what has loss.

Sizes: n tokens of a text, L lines, B windows of T + 1 tokens.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from counting.base.errors import InputError
from counting.base.types import Array

SEPARATOR = 0  # the token that ends a line: every vocabulary begins with it
SURVEYED = 2**17  # only so many tokens of a long text are looked at


def begins_line(text: Array, starts: Array) -> Array:
    """Tell whether a line begins at each of starts (k,) of a text (n,), (k,) bool."""
    begins: Array = (starts == 0) | (text[starts - 1] == SEPARATOR)
    return begins


def lines_needed(at_line: Array) -> Array:
    """Count the separators that must be read before a target has loss, (k,) int64.

    One if the window begins where a line begins, as `at_line` (k,) bool tells; else
    two, since what comes before the first separator is not a whole line.
    """
    return np.where(at_line, 1, 2)


def known(rows: Array, at_line: Array) -> Array:
    """Tell which targets of windows can be known and so have loss, (B, T) bool.

    Args:
        rows: the windows, (B, T + 1).
        at_line: whether each begins where a line begins, (B,) bool.
    """
    lines_read = (rows[:, :-1] == SEPARATOR).cumsum(1)
    enough: Array = lines_read >= lines_needed(at_line)[:, None]
    return enough


def rare_transitions(text: Array, T: int) -> tuple[Array, Array]:
    """Weigh windows that begin a line so that each kind of transition is as likely.

    The kind of a transition from one line to the next is: how many words the two begin
    with in common, and their lengths. "nine hundred ninety nine , one thousand" is of
    kind 0, 4, 2, which occurs once in 1..8000.

    Args:
        text: tokens (n,).
        T: tokens of a window, less one.

    Returns:
        Where lines begin, (L,) int64, and their chances (L,), cumulated up to 1.

    Raises:
        InputError: no window holds a whole line and the beginning of the next.
    """
    first = np.append(0, np.flatnonzero(text == SEPARATOR) + 1)
    lines = [part[part != SEPARATOR].tolist() for part in np.split(text, first[1:])]
    kinds: dict[tuple[int, ...], int] = {}
    kind = [
        kinds.setdefault((alike(a, b), len(a), len(b)), len(kinds))
        for a, b in pairwise(lines)
    ]
    counts = np.bincount(kind, minlength=1)
    weights = np.zeros(len(text) + 1)
    weights[first[1:]] = 1 / counts[kind]  # where the second line begins
    sums = np.cumsum(weights)
    starts = first[first < len(text) - T]
    chances = np.cumsum(sums[starts + T] - sums[starts])
    if not len(chances) or not chances[-1]:
        raise InputError(
            f"no window of bptt = {T} holds a whole line of the text and what comes "
            "next; raise bptt, give the text shorter lines, or use sampling: rows"
        )
    return starts, chances / chances[-1]


def alike(one: list[int], two: list[int]) -> int:
    """Count the tokens that two lines begin with in common."""
    ends = (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    return next(ends, min(len(one), len(two)))
