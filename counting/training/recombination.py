"""Words put where they never stood: what no recipe can weigh, for it is never read.

A network taught on 1..8000 never reads "nine thousand" or "twenty nine thousand". But
nine and twenty nine stand, elsewhere, between the same words as three does, and ten and
thirty follow them as four follows three. So this window of the text

    three thousand nine hundred ninety nine , four thousand , four thousand one

is also read as "nine thousand nine hundred ninety nine , ten thousand , ten thousand
one", and as "twenty nine thousand nine hundred ninety nine , thirty thousand , ...".
This is compositional data augmentation (Andreas 2020, "Good-Enough Compositional Data
Augmentation"), made from the training text alone. One rule, in which nothing is said of
numbers:

- A *filler* is a word, or two, between two others: its *slot*. The one that comes next
  in the same slot, not later than a window is long, *follows* it there.
- In a window, a word `c` is a *place* if all that stands before it is one word, a, and
  then a2, which follows a in some slot: three and four, before thousand. Or it is a
  alone, where a has something to follow it before c in another window.
- For a and a2 are put f and g, one following the other (or for a alone f), if they are
  at home in the same slots and have not stood before c. Their weight is the square of
  how many slots they share: nine for three is likelier than twenty nine.

Windows with a place are drawn with each *kind* as likely, or the rare ones would be
too rare: each word c, with a alone or with a and then a2, from the window's first half
on or only in its second ("three thousand ninety nine , three thousand one hundred").

Sizes: n tokens in the stream, V words, T + 1 tokens of a window; E places in windows,
K different ones (a, a2, c), F fillers to put there, k windows drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from counting.base.errors import InputError
from counting.engine.compiler import Array, jit

LONGEST = 2  # words of a filler
SURVEYED = 2**20  # tokens of a text, at most, that are looked at
NONE = -1  # in the place of its second word

Filler = tuple[int, ...]
Slot = tuple[int, int]  # the words before and after
Step = tuple[Filler, Filler]  # a filler, and what follows it; or twice the same
Place = tuple[int, int, int]  # a, a2 and c; a2 is a where nothing follows


class Recombination(NamedTuple):
    """Which windows have a place, and what may be put there."""

    stream: Array  # (n,), of any integer type
    starts: Array  # (E,) int64, of the windows
    chances: Array  # (E,) float64, cumulated up to 1: of drawing each
    place: Array  # (E,) int64, which of the K
    places: Array  # (K, 3) int64: a, a2, c
    first: Array  # (K + 1,) int64: fillers of a place are first[k] .. first[k + 1]
    fillers: Array  # (F, 4) int64: f and g, two words each
    weights: Array  # (F + 1,) float64, cumulated over all, from 0


def build(stream: Array, T: int) -> Recombination:
    """Find the places in the windows of a stream (n,), and what fits there.

    Raises:
        InputError: no window has a place.
    """
    stream = stream[:SURVEYED]
    slots = fillers_by_slot(stream.tolist())
    homes = homes_of(slots, T)
    stood: dict[int, set[Filler]] = defaultdict(set)
    for (_, c), there in slots.items():
        stood[c].update(f for _, f in there)
    starts, fitting = [], {}
    moving: set[Slot] = set()  # words and the c before which others follow them
    found = places_of(stream, T)
    for place in sorted(found, key=lambda place: place[0] == place[1]):
        a, a2, c = place
        if a == a2 and (a, c) not in moving:
            continue
        if fits := fillers_for(place, homes, stood[c]):
            fitting[place] = fits
            starts.append(found[place])
            moving |= {(a, c), (a2, c)}
    if not fitting:
        raise InputError(
            "recombine: no word of this text can be put where it never stood; "
            "remove recombine from the recipe"
        )
    places = np.array(list(fitting))
    which = np.repeat(np.arange(len(places)), [len(part) for part in starts])
    where = np.concatenate(starts)
    fits = [fit for part in fitting.values() for fit in part]
    return Recombination(
        stream,
        where,
        chances(where, places[which], stream, T),
        which,
        places,
        np.cumsum([0, *(len(part) for part in fitting.values())]),
        np.array([[*padded(f), *padded(g)] for (f, g), _ in fits]),
        np.cumsum([0.0, *(weight for _, weight in fits)]),
    )


def fillers_by_slot(words: list[int]) -> dict[Slot, list[tuple[int, Filler]]]:
    """List what stands in every slot of a text, each with its position, in order."""
    slots = defaultdict(list)
    for i in range(1, len(words) - LONGEST):
        for size in range(1, LONGEST + 1):
            filler, slot = tuple(words[i : i + size]), (words[i - 1], words[i + size])
            if not {*filler} & {*slot}:
                slots[slot].append((i, filler))
    return slots


def homes_of(
    slots: dict[Slot, list[tuple[int, Filler]]], T: int
) -> dict[Step, set[Slot]]:
    """Give the slots that every filler stands in, and every two follow each other."""
    homes: dict[Step, set[Slot]] = defaultdict(set)
    for slot, found in slots.items():
        for _, f in found:
            homes[f, f].add(slot)
        for (i, f), (j, g) in pairwise(found):
            if j - i <= T:
                homes[f, g].add(slot)
    return homes


def places_of(stream: Array, T: int) -> dict[Place, Array]:
    """Find the windows, by their starts, in which one or two words stand before c.

    Before c stands one word at least twice, or first one and then only another.
    """
    starts, places = np.arange(len(stream) - T), {}
    for c in np.unique(stream).tolist():
        before = np.flatnonzero(stream[1:] == c)
        words = stream[before]  # what stands before each c of the stream
        changes = np.cumsum(np.diff(words, prepend=words[:1]) != 0)
        low = np.searchsorted(before, starts)  # the window's first such word
        high = np.searchsorted(before, starts + T) - 1  # and its last
        inside = low < high
        low, high, where = low[inside], high[inside], starts[inside]
        few = changes[high] - changes[low] <= 1
        pairs = np.stack([words[low], words[high]], 1)[few]
        for a, a2 in np.unique(pairs, axis=0).tolist():
            places[a, a2, c] = where[few][(pairs == (a, a2)).all(1)]
    return places


def fillers_for(
    place: Place, homes: dict[Step, set[Slot]], stood: set[Filler]
) -> list[tuple[Step, int]]:
    """Give what may be put in a place, and the weight of each."""
    a, a2, _ = place
    home = homes.get(((a,), (a2,)))
    if not home:
        return []
    fits = []
    for (f, g), there in homes.items():
        shared = len(home & there)
        alike = shared and (f == g) == (a == a2)
        if alike and not {*f, *g} & {*place} and not {f, g} <= stood:
            fits.append(((f, g), shared**2))
    return fits


def chances(starts: Array, places: Array, stream: Array, T: int) -> Array:
    """Cumulate the chances (E,) float64 of places (E, 3) in windows.

    Each kind is as likely, and each window of a kind, and each place of a window.
    """
    half = stream[starts[:, None] + np.arange(1, T // 2 + 1)]  # (E, T // 2)
    new = (half != places[:, 2:]).all(1)  # c comes only in the second half
    kinds = np.stack([places[:, 2], places[:, 0] == places[:, 1], new], 1)
    _, kind, sizes = np.unique(kinds, axis=0, return_inverse=True, return_counts=True)
    weights = np.bincount(starts, 1 / (len(sizes) * sizes[kind.ravel()]))
    return np.cumsum((weights / np.maximum(np.bincount(starts), 1))[starts])


def padded(filler: Filler) -> Iterable[int]:
    """Fill a filler up to the longest."""
    return (*filler, *[NONE] * (LONGEST - len(filler)))


def drawn(table: Recombination, uniforms: Array) -> Array:
    """Draw windows (k,) that have a place, from (k,) float64 in [0, 1)."""
    found = np.searchsorted(table.chances, uniforms, side="right")
    return np.minimum(found, len(table.starts) - 1)  # the sum may fall short of 1


def recombined(table: Recombination, which: Array, uniforms: Array, T: int) -> Array:
    """Put fillers into windows.

    Args:
        table: what fits where.
        which: of its windows, (k,) int64, as `drawn` gives them.
        uniforms: (k,) float64 in [0, 1).
        T: tokens of a window, less one.

    Returns:
        The windows (k, T + 1) int64, cut where fillers made them longer.
    """
    place = table.place[which]
    low, high = (table.weights[table.first[place + more]] for more in (0, 1))
    at = np.searchsorted(table.weights, low + uniforms * (high - low), side="right")
    windows = np.empty((len(which), T + 1), dtype=np.int64)
    put(
        table.stream, table.starts[which], table.places[place],
        table.fillers[np.minimum(at, table.first[place + 1]) - 1], windows,
    )  # fmt: skip
    return windows


@jit
def put(
    stream: Array, starts: Array, places: Array, fillers: Array, windows: Array
) -> None:
    """Write windows (k, T + 1) as they stand from their starts on, but for fillers.

    The last word is changed too where c comes right after the window: it is a target.
    """
    k, length = windows.shape
    for row in range(k):
        a, a2, c = places[row]
        here, out = starts[row], 0
        while out < length:
            word, more = stream[here], NONE
            if here + 1 < len(stream) and stream[here + 1] == c:
                if word == a:
                    word, more = fillers[row, 0], fillers[row, 1]
                elif word == a2:
                    word, more = fillers[row, 2], fillers[row, 3]
            windows[row, out] = word
            if more != NONE and out + 1 < length:
                out += 1
                windows[row, out] = more
            here += 1
            out += 1
