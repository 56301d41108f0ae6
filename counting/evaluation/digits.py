"""The words of numbers, and which digits have been read after each of them.

A digit counts as read after the first word that settles it: all numbers of the text
that begin with the words so far have this digit. "four" may become 4, 400 or 4,000, so
the thousands of 4,321 are read with the word "thousand". It works in any language.

Sizes: N numbers, T words of a window, M moments, 4 places.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from counting.base.types import Array
from counting.evaluation.joined import separators

PLACES = ("thousands", "hundreds", "tens", "units")
TEXT = 10_000  # numbers are drawn from so many at the beginning of a text
FIT, HELD_OUT = 1500, 1500  # numbers drawn; half and half of a shorter text
LEAD = 3  # numbers read before each that is drawn


class Moments(NamedTuple):
    """The words of some numbers; a state is looked at after each word."""

    windows: Array  # (T, N) int64, tokens of each number and of `LEAD` before it
    held_out: Array  # (N,) bool, the numbers that no probe is fitted on
    number: Array  # (M,) which number, from 0
    position: Array  # (M,) which token of its window, from 0
    digits: Array  # (M, 4) of the number
    since: Array  # (M, 4) words since the digit was read: 0 with it, -1 before it
    comma: Array  # (M,) bool, whether it is the separator after the number


def moments(stream: Array, first: int, separator: int) -> Moments | None:
    """Draw numbers of a text, and find where their digits are read.

    Args:
        stream: tokens (n,), the words of the numbers `first`, `first` + 1, ...
        first: the number that the text begins with.
        separator: the token between two numbers.

    Returns:
        None if the text has fewer than `LEAD` + 3 numbers.
    """
    lines = lines_of(stream, separator)
    if len(lines) < LEAD + 3:
        return None
    digits = digits_of(first, len(lines))
    read = words_to_read(lines, digits)
    drawn = np.random.default_rng(0).permutation(np.arange(LEAD, len(lines)))
    drawn = drawn[: FIT + HELD_OUT]
    parts = [np.concatenate(lines[n - LEAD : n + 1]) for n in drawn]
    windows = np.full((max(map(len, parts)), len(parts)), separator, np.int64)
    rows = []
    for i, (n, part) in enumerate(zip(drawn.tolist(), parts, strict=True)):
        windows[: len(part), i] = part
        words = len(lines[n])
        for word in range(words):
            since = np.maximum(word - read[n], -1)
            position = len(part) - words + word
            rows.append((i, position, digits[n], since, word == words - 1))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    held_out = np.arange(len(parts)) >= min(FIT, len(parts) // 2)
    return Moments(windows, held_out, *columns)


def lines_of(stream: Array, separator: int) -> list[Array]:
    """Cut the first `TEXT` numbers out of a stream, each with the separator after it.

    A number without a separator after it is left out.
    """
    places = chain.from_iterable(separators(stream, separator))
    ends = [int(place) for place in islice(places, TEXT)]
    starts = [0, *(end + 1 for end in ends)]
    return [stream[a : b + 1] for a, b in zip(starts, ends, strict=False)]


def digits_of(first: int, count: int) -> Array:
    """Give the thousands, hundreds, tens and units (count, 4) of successive numbers."""
    numbers = np.arange(first, first + count)
    return np.stack([numbers // 10**k % 10 for k in (3, 2, 1, 0)], axis=1)


def words_to_read(lines: Sequence[Array], digits: Array) -> Array:
    """Find the word (N, 4) of its number, from 0, with which each digit is read."""
    having: dict[bytes, Array] = {}  # sets of digits, by words that numbers begin with
    bits = 1 << digits  # (N, 4), each a set of one digit
    beginnings = [
        [line[:i].tobytes() for i in range(1, len(line) + 1)] for line in lines
    ]
    for some, own in zip(beginnings, bits, strict=True):
        for words in some:
            having[words] = having.get(words, 0) | own
    return np.array(
        [
            np.argmax([having[words] == own for words in some], axis=0)
            for some, own in zip(beginnings, bits, strict=True)
        ]
    )
