"""Places: windows of a text in which words before an open word can be replaced.

The terms are those of recombination.py, which begins with one window worked through.

Sizes: n tokens in the stream, T + 1 tokens of a window; E windows that have a place.
"""

from __future__ import annotations

import numpy as np

from counting.base.types import Array
from counting.training.fillers import Place
from counting.training.lines import SEPARATOR


def places_of(
    stream: Array, starts: Array, needed: Array, T: int, opened: Array
) -> dict[Place, Array]:
    """Find the places of a stream, and the starts of the windows that have each.

    In such a window c occurs at least twice, always after a; or after a, and from some
    point on after a2. And a first occurs where there is no loss yet, for nothing in the
    window tells which filler replaces it.

    Args:
        stream: tokens (n,).
        starts: of all windows, (n - T,).
        needed: of each window, the separators before its first loss, (n - T,).
        T: tokens of a window, less one.
        opened: the open words.
    """
    places = {}
    ends = np.append(0, np.cumsum(stream == SEPARATOR))  # separators before each token
    for c in opened.tolist():
        before = np.flatnonzero(stream[1:] == c)
        words = stream[before]  # the word before each c of the stream
        changes = np.cumsum(np.diff(words, prepend=words[:1]) != 0)
        low = np.searchsorted(before, starts)  # the window's first such word
        high = np.searchsorted(before, starts + T) - 1  # and its last one
        inside = low < high
        low, high, where = low[inside], high[inside], starts[inside]
        few = changes[high] - changes[low] <= 1
        fits = few & (ends[before[low]] - ends[where] < needed[inside])
        pairs = np.stack([words[low], words[high]], 1)[fits]
        for a, a2 in np.unique(pairs, axis=0).tolist():
            places[a, a2, c] = where[fits][(pairs == (a, a2)).all(1)]
    return places


def chances(
    starts: Array, needed: Array, places: Array, stream: Array, before: Array, T: int
) -> Array:
    """Cumulate the chances (E,) float64 of drawing windows that have a place, (E, 3).

    Each word that is new in its window and has loss is as likely, once in windows with
    a alone and once with a and a2; to this the same is added for every window.
    """
    pairs = []
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
    """Give where each token of a stream (n,) occurred last, (n,); -1 if nowhere."""
    before = np.full(len(stream), -1)
    order = np.argsort(stream, kind="stable")
    same = stream[order[1:]] == stream[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before
