"""What kind of token a network got wrong: its place in the number, and the roll-over.

A roll-over of length k comes after a number that ends in k nines: 8099 to 8100 is one
of length 2, and 8019 to 8020 one of length 1. Words of other languages than English are
of the kind "other".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from counting.base.types import Array
from counting.text import streams
from counting.text.vocabulary import SEPARATOR

UNITS = "one two three four five six seven eight nine".split()
TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
KINDS = ("thousands", "hundreds", "tens", "units", "comma", "other")
SCALES = {"million": "other", "thousand": "thousands", "hundred": "hundreds"}
MOST_WORDS = 12  # of a number below ten million, with its separator
LONGEST = 3  # nines; a longer roll-over counts as one of this length


def kind_of(words: Sequence[str], place: int) -> str:
    """Name the kind of the word `words[place]` of a stream.

    All of "one hundred twenty three thousand" is of the kind thousands, and both words
    of "four hundred" after it are of the kind hundreds.
    """
    rest = list(words[place : place + MOST_WORDS])
    if SEPARATOR in rest:
        rest = rest[: rest.index(SEPARATOR)]
    if not rest:
        return "comma"
    for word, kind in SCALES.items():
        if word in rest:
            return kind
    if rest[0] in TENS or rest[0] in TEENS:
        return "tens"
    return "units" if rest[0] in UNITS else "other"


def roll_over(words: Sequence[str], place: int) -> int:
    """Count the nines that the number before that of `words[place]` ends in."""
    end = beginning(words, place, SEPARATOR)
    # without its separator
    before = list(words[max(0, end - MOST_WORDS) : max(0, end - 1)])
    if SEPARATOR in before:
        before = before[len(before) - before[::-1].index(SEPARATOR) :]
    if before[-1:] == ["nineteen"]:
        return 1
    nines = 0
    for ending in (["nine"], ["ninety"], ["nine", "hundred"]):
        if before[-len(ending) :] != ending:
            break
        before = before[: -len(ending)]
        nines += 1
    return min(nines, LONGEST)


def beginning(stream: Sequence[Any] | Array, place: int, separator: Any) -> int:
    """Find where the number begins that `stream[place]` is in."""
    while place > 0 and stream[place - 1] != separator:
        place -= 1
    return place


def tabulate(
    stream: Array, words: Sequence[str], places: Sequence[Array]
) -> list[tuple[str, int, list[int]]]:
    """Count errors by kind and roll-over, for each seed.

    Args:
        stream: tokens (n,). It may be long: only words near an error are looked up.
        words: the vocabulary.
        places: for each seed, (k,), where in the stream its first errors are.

    Returns:
        Rows (kind, roll-over, counts), every kind with every length of roll-over.
    """
    separator = words.index(SEPARATOR)
    rows = {(kind, k): [0] * len(places) for kind in KINDS for k in range(LONGEST + 1)}
    for seed, wrong in enumerate(places):
        found, times = np.unique(np.asarray(wrong, np.int64), return_counts=True)
        for place, count in zip(found.tolist(), times.tolist(), strict=True):
            first = max(0, beginning(stream, place, separator) - MOST_WORDS)
            near = [words[token] for token in stream[first : place + MOST_WORDS]]
            row = kind_of(near, place - first), roll_over(near, place - first)
            rows[row][seed] += count
            streams.release(stream)
    return [(kind, k, counts) for (kind, k), counts in rows.items()]


def confusion(
    stream: Array, failures: Sequence[tuple[Array, Array]]
) -> list[tuple[int, int, int]]:
    """Count which token was decoded where another was expected, over all seeds.

    Args:
        stream: tokens (n,).
        failures: for each seed, where in the stream its first errors are, and the
            tokens decoded there, (k,) each.

    Returns:
        Rows (expected, decoded, sequences), the most frequent first.
    """
    pairs = [np.stack([stream[wrong], said], 1) for wrong, said in failures]
    streams.release(stream)
    found, counts = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(*map(int, found[i]), int(counts[i])) for i in order]  # type: ignore[misc]
