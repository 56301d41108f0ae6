"""What the lines of a text tell about its windows, whatever the words are.

Sizes: n tokens of a text, L lines, B windows of T + 1 tokens.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from counting.base.errors import InputError
from counting.base.types import Array

SEPARATOR = 0  # the token that ends a line: every vocabulary begins with it
SURVEYED = 2**17  # tokens of a text, at most, that are looked at


def begins_line(text: Array, starts: Array) -> Array:
    """Tell whether a line begins at each of starts (k,) of a text (n,), (k,) bool."""
    begins: Array = (starts == 0) | (text[starts - 1] == SEPARATOR)
    return begins


def lines_needed(at_line: Array) -> Array:
    """Count the separators to be read before a target can be known, (k,) int64.

    Of windows that begin where a line begins, (k,) bool, one, else two: what comes
    before the first is no whole line.
    """
    return np.where(at_line, 1, 2)


def known(rows: Array, at_line: Array) -> Array:
    """Tell which targets of windows can be known, (B, T) bool.

    Args:
        rows: the windows, (B, T + 1).
        at_line: whether each begins where a line begins, (B,) bool.
    """
    lines_read = (rows[:, :-1] == SEPARATOR).cumsum(1)
    enough: Array = lines_read >= lines_needed(at_line)[:, None]
    return enough


def rare_steps(text: Array, T: int) -> tuple[Array, Array]:
    """Weigh the windows that begin a line, so that every kind of step is as likely.

    The kind of a step from a line to the next is told by how many words they begin
    with alike, and by their lengths: "nine hundred ninety nine , one thousand" stands
    once in 1..8000, as 0, 4 and 2.

    Args:
        text: tokens (n,).
        T: tokens of a window, less one.

    Returns:
        Where lines begin, (L,) int64, and their chances, (L,) cumulated up to 1.

    Raises:
        InputError: no window holds a line and what comes next.
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
    """Count the tokens that two lines begin with alike."""
    ends = (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    return next(ends, min(len(one), len(two)))
