"""Words put where they never stood: what no recipe can weigh, for it is never read.

A network taught on 1..8000 never reads "nine thousand" or "twenty nine thousand". But
nine and twenty nine stand, elsewhere, between the same words as three does, and ten and
thirty follow them as four follows three. So this window of the text

    three thousand nine hundred ninety nine , four thousand , four thousand one

is also read as "nine thousand nine hundred ninety nine , ten thousand , ten thousand
one", and as "one hundred nine thousand nine hundred ninety nine , one hundred ten
thousand , ...". This is compositional data augmentation (Andreas 2020, "Good-Enough
Compositional Data Augmentation"), made from the training text alone. One rule, in which
nothing is said of numbers:

- A word `c` is *open* if those before it never come back: what stands before thousand
  was one, then two, and so on to eight, and nothing tells what would be next. Before
  hundred it was one to nine, and then one again: hundred is closed.
- A *filler* is up to four words between two others, l and r: its *slot*. What stands
  after the next l *follows* it there, if that is a filler and r comes after it.
- In a window, an open word c is a *place* if all that stands before it is one word, a,
  and then a2, which follows a in some slot: three and four, before thousand. Or it is a
  alone, where a has something to follow it before c in another window.
- For a and a2 are put f and g, one following the other (or for a alone f), if they are
  at home in a same slot and have not stood before c.

Where no word is open, any may be c. Windows and fillers are drawn so that the rare is
not rare: each word is as likely to be *new*. In a window, where there is loss, as
hundred in "three thousand ninety nine , three thousand one hundred", with a alone and
with a and then a2; and, for each two lengths, in g, as one and hundred where "one
hundred" follows "ninety nine".

Sizes: n tokens in the stream, V words, T + 1 tokens of a window; E places in windows,
K different ones (a, a2, c), F fillers to put there, k windows drawn.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from counting.base.errors import InputError
from counting.base.types import Array
from counting.engine.compiler import jit

SEPARATOR = 0  # the token that ends a line
LONGEST = 4  # words of a filler
SURVEYED = 2**17  # tokens of a text, at most, that are looked at
FIRST = 16  # position from which on a word counts as new
NONE = -1  # in the place of a word that a filler lacks

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
    fillers: Array  # (F, 2, LONGEST) int64: f and g
    weights: Array  # (F + 1,) float64, cumulated over all, from 0
    at_line: Array  # (A,) int64, which of the E begin where a line begins
    line_chances: Array  # (A,) float64, cumulated up to 1: of drawing each of these


def build(stream: Array, T: int) -> Recombination:
    """Find the places in the windows of a stream, and what fits there.

    Args:
        stream: tokens (n,), of any integer type.
        T: tokens of a window, less one.

    Raises:
        InputError: no window has a place.
    """
    stream = stream[:SURVEYED]
    slots = fillers_by_slot(stream.tolist())
    before = last_seen(stream)
    homes = homes_of(slots, before)
    stood: dict[int, set[Filler]] = defaultdict(set)
    for (_, c), there in slots.items():
        stood[c].update(f for _, f in there)
    for words in (open_words(stream), np.unique(stream)):
        found = places_of(stream, T, words)
        if fitting := fitting_in(found, homes, stood):
            break
    else:
        raise InputError(
            "recombine: no word of this text can be put where it never stood; "
            "remove recombine from the recipe"
        )
    places = np.array(list(fitting))
    which = np.repeat(np.arange(len(places)), [len(found[p]) for p in fitting])
    where = np.concatenate([found[place] for place in fitting])
    fits = [fit for part in fitting.values() for fit in part]
    cumulated = chances(where, places[which], stream, before, range(FIRST, T + 1))
    (at_line,) = np.nonzero((where == 0) | (stream[where - 1] == SEPARATOR))
    line_chances = np.cumsum(np.diff(cumulated, prepend=0)[at_line])
    return Recombination(
        stream,
        where,
        cumulated,
        which,
        places,
        np.cumsum([0, *(len(part) for part in fitting.values())]),
        np.array([[padded(f), padded(g)] for (f, g), _ in fits]),
        np.cumsum([0.0, *(weight for _, weight in fits)]),
        at_line,
        line_chances / line_chances[-1],
    )


def open_words(stream: Array) -> Array:
    """Give the words of a text before which no word comes back once another came."""
    found = []
    for c in np.unique(stream):
        before = stream[:-1][stream[1:] == c]
        runs = 1 + np.count_nonzero(before[1:] != before[:-1])
        if runs == len(np.unique(before)):
            found.append(c)
    return np.array(found, dtype=stream.dtype)


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


def places_of(stream: Array, T: int, among: Array) -> dict[Place, Array]:
    """Find the windows, by their starts, in which one or two words stand before c.

    Before c, one of some words, stands one word at least twice, or first one and then
    only another.
    """
    starts, places = np.arange(len(stream) - T), {}
    for c in among.tolist():
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


def chances(
    starts: Array, places: Array, stream: Array, before: Array, judged: range
) -> Array:
    """Cumulate the chances (E,) float64 of places (E, 3) in windows.

    Each word that is new among the positions with loss, `judged`, is as likely, with a
    alone and with a and then a2; and so is any window. But not c: where that is new,
    nothing before it tells what should stand there.
    """
    pairs = []
    for t in judged:  # a position of all windows at a time
        word = stream[starts + t]
        new = np.flatnonzero((before[starts + t] < starts) & (word != places[:, 2]))
        pairs.append((new, word[new]))
    row, word = (np.concatenate(part).astype(int) for part in zip(*pairs, strict=True))
    kind = 2 * word + (places[row, 0] == places[row, 1])
    weights = np.full(len(starts), 1 / len(starts))
    weights += np.bincount(row, 1 / np.bincount(kind)[kind], len(starts))
    total: Array = np.cumsum(weights)
    total /= total[-1]
    return total


def last_seen(stream: Array) -> Array:
    """Give where each token of a stream (n,) stood before, (n,); -1 if nowhere."""
    before = np.full(len(stream), -1)
    order = np.argsort(stream, kind="stable")
    same = stream[order[1:]] == stream[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def padded(filler: Filler) -> list[int]:
    """Fill a filler up to the longest."""
    return [*filler, *[NONE] * (LONGEST - len(filler))]


def drawn(table: Recombination, uniforms: Array) -> Array:
    """Draw windows (k,) that have a place, from (k,) float64 in [0, 1)."""
    return drawn_from(table.chances, uniforms)


def drawn_from(chances: Array, uniforms: Array) -> Array:
    """Draw indices (k,) by cumulated chances, from (k,) float64 in [0, 1)."""
    found: Array = np.searchsorted(chances, uniforms, side="right")
    return found


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


def draw(
    table: Recombination, k: int, T: int, drawing: np.random.Generator
) -> tuple[Array, Array]:
    """Draw recombined windows, half of them from where a line begins.

    Returns:
        The windows (k, T + 1) int64, and where in the stream each begins, (k,).
    """
    which = np.concatenate(
        [
            drawn(table, drawing.random(k - k // 2)),
            table.at_line[drawn_from(table.line_chances, drawing.random(k // 2))],
        ]
    )
    return recombined(table, which, drawing.random(k), T), table.starts[which]


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
            word, which = stream[here], NONE
            if here + 1 < len(stream) and stream[here + 1] == c:
                which = 0 if word == a else 1 if word == a2 else NONE
            if which == NONE:
                windows[row, out] = word
                out += 1
            else:
                for word in fillers[row, which]:
                    if word != NONE and out < length:
                        windows[row, out] = word
                        out += 1
            here += 1
