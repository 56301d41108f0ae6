"""Recombination: training windows in which phrases are replaced by others.

A network taught on 1..8000 never reads "nine thousand" or "twenty nine thousand". But
nine, and twenty nine, occur elsewhere between the same words as three does, and ten and
thirty follow them as four follows three. So this window of the text

    three thousand nine hundred ninety nine , four thousand , four thousand one

is also read as

    nine thousand nine hundred ninety nine , ten thousand , ten thousand one

This is compositional data augmentation (Andreas 2020, "Good-Enough Compositional Data
Augmentation"), made from the training text alone. How it comes to that, step by step:

1. *An open word*: "thousand". What occurs before it never comes back in the text: one,
   then two, and so on to eight, so nothing tells what would be next. Before "hundred"
   there is one to nine, and then one again: that word is closed, and is left alone.
2. *A place*: in this window all that occurs before "thousand" is three, and then four.
   Four follows three elsewhere, too: "three , four", "twenty three , twenty four".
3. *Fillers* are phrases of some words (up to four in English), and a *slot* is the word
   before and the word after. One filler *follows* another in a slot if it is the very
   next that occurs in it: "thirty" follows "twenty nine" between separators.
4. For three and four are put any two fillers that follow each other, share a slot with
   them, and have not occurred before "thousand". Where the window has three alone, one
   filler is put for it.

Where no word is open, nothing is replaced; nor in a window where the first filler would
have loss, since nothing before it tells which it is: after "nine hundred ninety nine ,"
comes one thousand, whatever may be put before "thousand" later on.

What is rare in the text is made as likely as the rest. Windows are drawn so that each
word that is new in them, not read before in the window, comes as often; a quarter of
them so that each kind of step from a line to the next does (`rare_steps`). Fillers are
drawn so that each word that is new in the second one comes as often, as "one hundred"
after "ninety nine".

Sizes: n tokens in the stream, V words, T + 1 tokens of a window; E windows with a
place, K different places (a, a2, c): a and then a2 before c; F pairs of fillers to put
there, k windows drawn.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from counting.base.types import Array
from counting.engine.compiler import jit
from counting.training.fillers import (
    LONGEST,
    Filler,
    Place,
    fillers_by_slot,
    fitting_in,
    homes_of,
    longest_filler,
    open_words,
)
from counting.training.lines import (
    SEPARATOR,
    SURVEYED,
    begins_line,
    lines_needed,
    rare_steps,
)

NONE = -1  # in the place of a word that a filler lacks
NOTHING = "nothing in this text can be recombined, so it is read as it stands"


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
    rare_chances: Array  # (A,) the same, but as each kind of step is as likely


def build(stream: Array, T: int) -> Recombination | None:
    """Find the places in the windows of a stream, and what fits there.

    Args:
        stream: tokens (n,), of any integer type.
        T: tokens of a window, less one.

    Returns:
        None where no word of the text is open, or nothing fits anywhere where a line
        begins.
    """
    stream = stream[:SURVEYED]
    opened = open_words(stream)
    slots = fillers_by_slot(stream.tolist(), longest_filler(stream, opened))
    before = last_seen(stream)
    homes = homes_of(slots, before)
    stood: dict[int, set[Filler]] = defaultdict(set)
    for (_, c), there in slots.items():
        stood[c].update(f for _, f in there)
    found = places_of(stream, T, opened)
    fitting = fitting_in(found, homes, stood)
    if not fitting:
        return None
    places = np.array(list(fitting))
    which = np.repeat(np.arange(len(places)), [len(found[p]) for p in fitting])
    where = np.concatenate([found[place] for place in fitting])
    fits = [fit for part in fitting.values() for fit in part]
    cumulated = chances(where, places[which], stream, before, T)
    (at_line,) = begins_line(stream, where).nonzero()
    if not at_line.size:
        return None
    lines, rare = rare_steps(stream, T)
    rarity = np.zeros(len(stream))
    rarity[lines] = np.diff(rare, prepend=0)
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
        cumulate(np.diff(cumulated, prepend=0)[at_line]),
        cumulate(rarity[where[at_line]]),
    )


def places_of(stream: Array, T: int, among: Array) -> dict[Place, Array]:
    """Find the windows, by their starts, in which one or two words stand before c.

    Before c, one of some words, stands one word at least twice, or first one and then
    only another. And it first stands where there is no loss yet, for nothing in the
    window tells what is put there.
    """
    starts, places = np.arange(len(stream) - T), {}
    ends = np.append(0, np.cumsum(stream == SEPARATOR))  # separators before each token
    for c in among.tolist():
        before = np.flatnonzero(stream[1:] == c)
        words = stream[before]  # what stands before each c of the stream
        changes = np.cumsum(np.diff(words, prepend=words[:1]) != 0)
        low = np.searchsorted(before, starts)  # the window's first such word
        high = np.searchsorted(before, starts + T) - 1  # and its last
        inside = low < high
        low, high, where = low[inside], high[inside], starts[inside]
        few = changes[high] - changes[low] <= 1
        read = ends[before[low]] - ends[where]  # whole lines, and what came before
        fits = few & (read < lines_needed(begins_line(stream, where)))
        pairs = np.stack([words[low], words[high]], 1)[fits]
        for a, a2 in np.unique(pairs, axis=0).tolist():
            places[a, a2, c] = where[fits][(pairs == (a, a2)).all(1)]
    return places


def chances(
    starts: Array, places: Array, stream: Array, before: Array, T: int
) -> Array:
    """Cumulate the chances (E,) float64 of places (E, 3) in windows.

    Each word that is new where there is loss is as likely, with a alone and with a and
    then a2; and so is any window.
    """
    pairs = []
    needed = lines_needed(begins_line(stream, starts))
    lines = np.zeros_like(starts)
    for t in range(1, T + 1):  # a position of all windows at a time
        word = stream[starts + t]
        lines += stream[starts + t - 1] == SEPARATOR  # read before it
        first = before[starts + t] < starts
        new = np.flatnonzero(first & (lines >= needed))
        pairs.append((new, word[new]))
    row, word = (np.concatenate(part).astype(int) for part in zip(*pairs, strict=True))
    kind = 2 * word + (places[row, 0] == places[row, 1])
    weights = np.full(len(starts), 1 / len(starts))
    weights += np.bincount(row, 1 / np.bincount(kind)[kind], len(starts))
    return cumulate(weights)


def cumulate(weights: Array) -> Array:
    """Turn weights (k,) into chances, cumulated up to 1, (k,) float64."""
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


def drawn(chances: Array, uniforms: Array) -> Array:
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
    """Draw recombined windows.

    Half of them begin where a line begins; half of those so that every kind of step
    from a line to the next is as likely, as in the windows of the text itself.

    Returns:
        The windows (k, T + 1) int64, and where in the stream each begins, (k,).
    """
    quarter = k // 4
    rare, at_line = (
        table.at_line[drawn(chances, drawing.random(quarter))]
        for chances in (table.rare_chances, table.line_chances)
    )
    anywhere = drawn(table.chances, drawing.random(k - 2 * quarter))
    which = np.concatenate([rare, at_line, anywhere])
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
