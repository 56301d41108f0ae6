"""Pictures of a network's memory: hidden states over time, and their main directions.

Both take states as an array, whoever computed it, and give a figure whose SVG has the
same bytes each time. The projection is NumPy's singular value decomposition. LAPACK
rounds differently on different processors, in the 15th digit or so; so its signs are
fixed and its coordinates rounded to three digits, which leaves no trace of that unless
a coordinate lies within 1e-13 of a rounding edge.

Sizes: T words, N states, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from counting.evaluation.mistakes import kind_of
from counting.report.figures import COLOURS

Array = np.ndarray[Any, Any]

SHADES = LinearSegmentedColormap.from_list("memory", ["#0072B2", "#FFFFFF", "#D55E00"])
DIGITS = 3  # of a coordinate
DRAWN = 36  # points of a group, evenly taken from all
MARKERS = "os^Dv<>P"


WALK = 0.654  # of the unseen text, where the walk is: at 9,308 in 8,001 .. 9,999
CLOUDS = (0.9, 200)  # of the training text: where the states are from, and their lines
LEAD = 3  # lines read before the states are looked at


class Cloud(NamedTuple):
    """States to be projected together, and the group that each belongs to."""

    title: str
    states: Array  # (N, H)
    groups: Sequence[str]  # (N,)


def lines_of(tokens: Array, start: float, count: int) -> Array:
    """Cut `count` lines and the `LEAD` before them out of a text (n,), ends included.

    Args:
        tokens: 0 is the separator.
        start: as a share of all lines.
        count: of lines, as far as there are so many.
    """
    ends = np.append(np.flatnonzero(tokens == 0), len(tokens))
    first = min(int(start * len(ends)), max(0, len(ends) - count))
    begin = 0 if first <= LEAD else ends[first - LEAD - 1] + 1
    return np.append(tokens[begin : ends[min(first + count, len(ends)) - 1]], 0)


def length_of(tokens: Array, lines: int) -> int:
    """Tell how many tokens the last lines of a text have, separators included."""
    ends = np.flatnonzero(tokens == 0)
    return len(tokens) if len(ends) <= lines else int(ends[-1] - ends[-1 - lines])


def draw_walk(states: Array, words: Sequence[str], separator: str = ",") -> Figure:
    """Draw states (T, H) as a heat map: a column a word read, a row a unit.

    Units stand in the order of the words after which they are at their highest, so
    that those which say the same of the text stand together.
    """
    order = np.lexsort((np.arange(states.shape[1]), states.argmax(axis=0)))
    most = float(np.abs(states).max()) or 1.0
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    axis = figure.subplots()
    picture = axis.imshow(
        np.round(states[:, order].T, DIGITS),
        aspect="auto",
        cmap=SHADES,
        vmin=-most,
        vmax=most,
        interpolation="none",
    )
    for t, word in enumerate(words[:-1]):
        if word == separator:
            axis.axvline(t + 0.5, color="black", lw=0.8)
    axis.set_xticks(range(len(words)), words, rotation=45, ha="right")
    axis.set_yticks([])
    axis.set_ylabel(f"{states.shape[1]} units")
    axis.grid(visible=False)
    axis.tick_params(length=0)
    bar = figure.colorbar(picture, ax=axis, pad=0.01, aspect=30)
    bar.set_ticks([-most, 0, most], labels=[f"{-most:.1f}", "0", f"{most:.1f}"])
    bar.outline.set_visible(False)
    return figure


def clouds_of(states: Array, words: Sequence[str]) -> list[Cloud]:
    """Group the states (N, H) after the words (N,) of a text in two ways.

    After every word, by its place in the number; and after the last digit of those
    numbers that end in tens and units, by that digit.
    """
    places = [place_of(words, i) for i in range(len(words))]
    last = [
        i
        for i in range(1, len(words))
        if places[i] == "units" and places[i - 1] == "tens"
    ]
    clouds = [Cloud("after each word, by its place in the number", states, places)]
    if len(last) > 1:  # else the text is not English
        digits = [words[i] for i in last]
        clouds.append(Cloud("after the units, by their word", states[last], digits))
    return clouds


def place_of(words: Sequence[str], i: int) -> str:
    """Name the place of a word in its number; "hundred" and "thousand" have their own.

    English only, as the kinds of error are.
    """
    word = words[i]
    return f"“{word}”" if word in ("hundred", "thousand") else kind_of(words, i)


def project(states: Array) -> tuple[Array, Array]:
    """Project states (N, H) on the two directions in which they differ most.

    Returns:
        Coordinates (N, 2), rounded; the share of the variance along each, (2,).
    """
    centred = states.astype(np.float64) - states.mean(axis=0, dtype=np.float64)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    two = np.zeros((2, states.shape[1]))
    two[: len(directions)] = directions[:2]
    largest = two[np.arange(2), np.abs(two).argmax(axis=1)]
    two *= np.sign(largest)[:, None]  # which way a direction points is no matter
    whole = float((values**2).sum()) or 1.0
    shares = ((centred @ two.T) ** 2).sum(axis=0) / whole
    return np.round(centred @ two.T, DIGITS), np.round(shares, DIGITS)


def draw_clouds(clouds: Sequence[Cloud]) -> Figure:
    """Draw the projection of some sets of states side by side, coloured by group."""
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    axes = figure.subplots(1, len(clouds), squeeze=False)[0]
    for axis, cloud in zip(axes, clouds, strict=True):
        draw_cloud(axis, cloud)
    return figure


def draw_cloud(axis: Axes, cloud: Cloud) -> None:
    """Draw one projection, the name of a group at the middle of its points."""
    places, shares = project(cloud.states)
    groups = list(dict.fromkeys(cloud.groups))
    member = np.array([groups.index(group) for group in cloud.groups])
    for n, group in enumerate(groups):
        x, y = places[member == n].T
        some = slice(None, None, -(-len(x) // DRAWN))
        colour = COLOURS[n % len(COLOURS)]
        marker = MARKERS[n // len(COLOURS) % len(MARKERS)]
        axis.plot(x[some], y[some], marker, ms=3, mew=0, alpha=0.6, color=colour)
        axis.annotate(
            group,
            (float(np.median(x)), float(np.median(y))),
            ha="center",
            va="center",
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": colour, "lw": 1},
        )
    axis.set_title(cloud.title)
    axis.set_xlabel(f"first direction, {shares[0]:.0%} of the variance")
    axis.set_ylabel(f"second, {shares[1]:.0%}")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)
