"""Recombination: training windows in which phrases are replaced by others.

A network that learns 1..8000 never reads "nine thousand" or "twenty nine thousand". But
elsewhere "nine" and "twenty nine" occur between the same words as "three" does, and
"ten" and "thirty" follow them as "four" follows "three". So this window of the text

    three thousand nine hundred ninety nine , four thousand , four thousand one

is also read as

    nine thousand nine hundred ninety nine , ten thousand , ten thousand one

This is compositional data augmentation (Andreas 2020, "Good-Enough Compositional Data
Augmentation"), made from the training text alone. This is how the window above is made:

1. "thousand" is an *open word*: the words before it never return in the text. They are
   one, then two, and so on up to eight, and the text does not say what comes after
   eight. "hundred" is closed, since one hundred returns after nine hundred. Nothing is
   replaced before a closed word, nor before one that every line of the text has.
2. This window has a *place*, (three, four, thousand): all that it has before "thousand"
   is three and then four, and four follows three elsewhere, too.
3. A *filler* is a phrase (of up to four words in English), and its *slot* is the word
   before and the word after it. One filler *follows* another if it is the very next in
   some slot, as "thirty" follows "twenty nine" between two separators.
4. Three and four are replaced by any two fillers that follow each other in a slot where
   three and four do, too, and that have not both occurred before "thousand". In a
   window that has "three thousand" alone, one filler replaces three.

A window is left alone where the first filler would have loss, since nothing before it
tells which filler it is: "nine hundred ninety nine ," is always followed by "one
thousand". A text without an open word is not recombined at all.

What is rare in the text is drawn as often as the rest. Windows are drawn so that each
word that is new in its window is as likely; a quarter of them so that each kind of
transition from one line to the next is (`rare_transitions`). Fillers are drawn so that
each word that the second of the two adds is as likely: "hundred" after "ninety nine".

Sizes: n tokens in the stream, T + 1 tokens of a window; E windows that have a place, K
different places (a, a2, c): a and then a2 before c; F pairs of fillers that fit them; k
windows drawn.
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
    fillers_by_slot,
    fitting_in,
    homes_of,
    longest_filler,
    open_words,
)
from counting.training.lines import SURVEYED, begins_line, lines_needed
from counting.training.places import chances, cumulate, last_seen, places_of

NONE = -1  # fills a filler up to the longest
NOTHING = "nothing in this text can be recombined: it is trained without"


class Recombination(NamedTuple):
    """The windows that have a place, and the fillers that fit it."""

    stream: Array  # (n,), of any integer type
    starts: Array  # (E,) int64, of the windows
    chances: Array  # (E,) float64, cumulated up to 1: of drawing each
    place: Array  # (E,) int64, which of the K places each has
    places: Array  # (K, 3) int64: a, a2, c
    first: Array  # (K + 1,) int64: place k has the fillers first[k] .. first[k + 1] - 1
    fillers: Array  # (F, 2, LONGEST) int64: f and g
    weights: Array  # (F + 1,) float64, cumulated over all, from 0
    at_line: Array  # (A,) int64, those of the E that begin where a line begins
    line_chances: Array  # (A,) float64, cumulated up to 1: of drawing each of these
    rare_chances: Array  # (A,) the same, with each kind of transition as likely


def build(stream: Array, T: int, rare: tuple[Array, Array]) -> Recombination | None:
    """Find the places in the windows of a stream, and the fillers that fit them.

    Args:
        stream: tokens (n,), of any integer type.
        T: tokens of a window, less one.
        rare: what `rare_transitions` gives for its first `SURVEYED` tokens.

    Returns:
        None if the text has no open word, or no window that begins a line has a place.
    """
    stream = stream[:SURVEYED]
    opened = open_words(stream)
    slots = fillers_by_slot(stream.tolist(), longest_filler(stream, opened))
    before = last_seen(stream)
    homes = homes_of(slots, before)
    stood: dict[int, set[Filler]] = defaultdict(set)
    for (_, c), there in slots.items():
        stood[c].update(f for _, f in there)
    starts = np.arange(len(stream) - T)
    needed = lines_needed(begins_line(stream, starts))
    found = places_of(stream, starts, needed, T, opened)
    fitting = fitting_in(found, homes, stood)
    if not fitting:
        return None
    places = np.array(list(fitting))
    which = np.repeat(np.arange(len(places)), [len(found[p]) for p in fitting])
    where = np.concatenate([found[place] for place in fitting])
    fits = [fit for part in fitting.values() for fit in part]
    cumulated = chances(where, needed[where], places[which], stream, before, T)
    (at_line,) = begins_line(stream, where).nonzero()
    if not at_line.size:
        return None
    lines, rare_chances = rare
    rarity = np.zeros(len(stream))
    rarity[lines] = np.diff(rare_chances, prepend=0)
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
        table: the windows that have a place, and the fillers.
        which: windows of the table, (k,) int64, as `drawn` gives them.
        uniforms: (k,) float64 in [0, 1).
        T: tokens of a window, less one.

    Returns:
        The windows (k, T + 1) int64; where fillers are longer, the end is cut off.
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

    Half of them begin where a line begins, and half of those are drawn so that every
    kind of transition is as likely, as with windows that are not recombined.

    Returns:
        The windows (k, T + 1) int64, and the position in the stream of each, (k,).
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
    """Write windows (k, T + 1) from their starts on, with fillers in their places.

    The last word is replaced, too, if c comes right after the window: it is a target.
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
