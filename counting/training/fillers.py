"""Fillers: the phrases that may be put before an open word.

The terms are those of recombination.py, which begins with one window worked through.

Sizes: n tokens in the stream.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from counting.base.types import Array
from counting.training.lines import SEPARATOR

LONGEST = 8  # the most words of a filler, whatever the text

Filler = tuple[int, ...]
Slot = tuple[int, int]  # the words before and after
Succession = tuple[Filler, Filler]  # a filler and the next; or the same one twice
Place = tuple[int, int, int]  # a, a2 and c; a2 is a where nothing follows


def open_words(stream: Array) -> Array:
    """Give the words c of a text (n,) before which no word returns after another.

    But none that every line has: windows recombined before it would only teach that no
    line lacks it, which the text does not say.
    """
    ends = np.cumsum(stream == SEPARATOR)
    line = ends - (stream == SEPARATOR)  # of each token; the last may be cut off
    found = []
    for c in np.unique(stream):
        before = stream[:-1][stream[1:] == c]
        runs = 1 + np.count_nonzero(before[1:] != before[:-1])
        lines = np.unique(line[stream == c])
        if runs == len(np.unique(before)) and np.sum(lines < ends[-1]) < ends[-1]:
            found.append(c)
    return np.array(found, dtype=stream.dtype)


def longest_filler(stream: Array, opened: Array) -> int:
    """Count the words of the longest line that has no open word.

    In English it has four, as "nine hundred ninety nine", which may precede "thousand".
    """
    ends = np.flatnonzero(stream == SEPARATOR)
    lines = np.split(stream, ends)
    closed = (line for line in lines if {*opened.tolist()}.isdisjoint(line.tolist()))
    most = max((np.count_nonzero(line != SEPARATOR) for line in closed), default=1)
    return min(int(most), LONGEST)


def fillers_by_slot(
    words: list[int], longest: int
) -> dict[Slot, list[tuple[int, Filler]]]:
    """List the fillers of every slot of a text with their positions, in order.

    Fillers have up to `longest` words.
    """
    slots = defaultdict(list)
    for i in range(1, len(words) - longest):
        for size in range(1, longest + 1):
            filler, slot = tuple(words[i : i + size]), (words[i - 1], words[i + size])
            if not {*filler} & {*slot}:
                slots[slot].append((i, filler))
    return slots


def homes_of(
    slots: dict[Slot, list[tuple[int, Filler]]], before: Array
) -> dict[Succession, set[Slot]]:
    """Give the slots in which each filler occurs, and each two follow each other.

    Two follow each other where the slot's first word did not occur between them, as
    `before` (n,) tells: the position at which each token occurred last.
    """
    homes: dict[Succession, set[Slot]] = defaultdict(set)
    for slot, found in slots.items():
        for _, f in found:
            homes[f, f].add(slot)
        for (i, f), (j, g) in pairwise(found):
            if before[j - 1] == i - 1:
                homes[f, g].add(slot)
    return homes


def fitting_in(
    found: dict[Place, Array],
    homes: dict[Succession, set[Slot]],
    stood: dict[int, set[Filler]],
) -> dict[Place, list[tuple[Succession, float]]]:
    """Give the places that some fillers fit, and these with their weights."""
    fitting: dict[Place, list[tuple[Succession, float]]] = {}
    moving: set[Slot] = set()  # (a, c): before c, a is followed by another word
    for place in sorted(found, key=lambda place: place[0] == place[1]):
        a, a2, c = place
        if a == a2 and (a, c) not in moving:
            continue
        if fits := fillers_for(place, homes, stood[c]):
            fitting[place] = fits
            moving |= {(a, c), (a2, c)}
    return fitting


def fillers_for(
    place: Place, homes: dict[Succession, set[Slot]], stood: set[Filler]
) -> list[tuple[Succession, float]]:
    """Give the fillers that fit a place, and the weight of each.

    Weights are such that each kind is as likely, which is: the lengths of both fillers,
    and the words that only the second one has.
    """
    a, a2, _ = place
    home = homes.get(((a,), (a2,)))
    if not home:
        return []
    kinds: dict[tuple[int, int, frozenset[int]], list[Succession]] = defaultdict(list)
    for (f, g), there in homes.items():
        fits = (f == g) == (a == a2) and not home.isdisjoint(there)
        if fits and not {*f, *g} & {*place} and not {f, g} <= stood:
            kinds[len(f), len(g), frozenset(g) - frozenset(f)].append((f, g))
    return [(one, 1 / len(alike)) for alike in kinds.values() for one in alike]
