"""Fillers: what may be put before an open word, and in the place of what.

The terms are those of recombination.py, which begins with one window worked through.

Sizes: n tokens in the stream.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from counting.base.types import Array
from counting.training.lines import SEPARATOR

LONGEST = 8  # words of a filler, at most, whatever the text

Filler = tuple[int, ...]
Slot = tuple[int, int]  # the words before and after
Step = tuple[Filler, Filler]  # a filler, and what follows it; or twice the same
Place = tuple[int, int, int]  # a, a2 and c; a2 is a where nothing follows


def open_words(stream: Array) -> Array:
    """Give the words of a text before which no word comes back once another came."""
    found = []
    for c in np.unique(stream):
        before = stream[:-1][stream[1:] == c]
        runs = 1 + np.count_nonzero(before[1:] != before[:-1])
        if runs == len(np.unique(before)):
            found.append(c)
    return np.array(found, dtype=stream.dtype)


def longest_filler(stream: Array, opened: Array) -> int:
    """Count the words of the longest line in which no open word stands.

    In English it is four, as "nine hundred ninety nine": what stands before thousand.
    """
    ends = np.flatnonzero(stream == SEPARATOR)
    lines = np.split(stream, ends)
    closed = (line for line in lines if {*opened.tolist()}.isdisjoint(line.tolist()))
    most = max((np.count_nonzero(line != SEPARATOR) for line in closed), default=1)
    return min(int(most), LONGEST)


def fillers_by_slot(
    words: list[int], longest: int
) -> dict[Slot, list[tuple[int, Filler]]]:
    """List what stands in every slot of a text, each with its position, in order.

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
) -> dict[Step, set[Slot]]:
    """Give the slots that every filler stands in, and every two follow each other.

    Where each token stood before, in `before` (n,), tells what is the next time.
    """
    homes: dict[Step, set[Slot]] = defaultdict(set)
    for slot, found in slots.items():
        for _, f in found:
            homes[f, f].add(slot)
        for (i, f), (j, g) in pairwise(found):
            if before[j - 1] == i - 1:
                homes[f, g].add(slot)
    return homes


def fitting_in(
    found: dict[Place, Array],
    homes: dict[Step, set[Slot]],
    stood: dict[int, set[Filler]],
) -> dict[Place, list[tuple[Step, float]]]:
    """Give the places in which something can be put, and what, with its weight."""
    fitting: dict[Place, list[tuple[Step, float]]] = {}
    moving: set[Slot] = set()  # words and the c before which others follow them
    for place in sorted(found, key=lambda place: place[0] == place[1]):
        a, a2, c = place
        if a == a2 and (a, c) not in moving:
            continue
        if fits := fillers_for(place, homes, stood[c]):
            fitting[place] = fits
            moving |= {(a, c), (a2, c)}
    return fitting


def fillers_for(
    place: Place, homes: dict[Step, set[Slot]], stood: set[Filler]
) -> list[tuple[Step, float]]:
    """Give what may be put in a place, and the weight of each."""
    a, a2, _ = place
    home = homes.get(((a,), (a2,)))
    if not home:
        return []
    kinds: dict[tuple[int, int, frozenset[int]], list[Step]] = defaultdict(list)
    for (f, g), there in homes.items():
        alike = (f == g) == (a == a2) and not home.isdisjoint(there)
        if alike and not {*f, *g} & {*place} and not {f, g} <= stood:
            kinds[len(f), len(g), frozenset(g) - frozenset(f)].append((f, g))
    return [(step, 1 / len(steps)) for steps in kinds.values() for step in steps]
