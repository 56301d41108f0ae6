"""The figures: what the other stages measured, drawn with matplotlib.

SVG with nothing in them of date, version or machine, so that their bytes are as
reproducible as the numbers they show; small enough to stand in git.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# Okabe and Ito's colours, safe for the colour-blind
COLOURS = "#0072B2 #E69F00 #009E73 #D55E00 #CC79A7 #56B4E9 #000000 #8C8C00".split()
MARKERS = "osD^vPX*"
DASHES: Any = ["-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1))]  # a round of colours
POINTS = 32  # of a line, at most
TRAIN, VALID = "train", "valid"
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "counting",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E0E0E0",
    "legend.frameon": False,
}

Claims = Mapping[str, Mapping[tuple[str, str], float]]  # variant, then stream and key


class Look(NamedTuple):
    """How a variant is drawn; no two of the first 32 alike."""

    colour: str
    marker: str
    dash: Any


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Give each variant a colour, a marker and a dash."""
    n = len(COLOURS)
    return {
        name: Look(
            COLOURS[i % n], MARKERS[(i + i // n) % n], DASHES[i // n % len(DASHES)]
        )
        for i, name in enumerate(names)
    }


def svg(figure: Figure) -> str:
    """Give a figure as SVG, without a date, the same bytes each time."""
    buffer = StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r' (?:d|x|y)="[^"]*"', rounded, buffer.getvalue())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def rounded(path: re.Match[str]) -> str:
    """Leave a path and a place one decimal, a tenth of a point."""
    return re.sub(r"(\d\.\d)\d+", r"\1", path[0])


def smooth(values: pd.Series[float], rolling: int) -> pd.Series[float]:
    """Take the rolling mean over so many steps, at no more than `POINTS` of them."""
    mean = values.rolling(rolling).mean().dropna()
    at = np.unique(np.linspace(0, len(mean) - 1, POINTS).round().astype(int))
    return mean.iloc[at]


def draw_curves(
    curves: Mapping[str, pd.DataFrame],
    recipes: Mapping[str, list[str]],
    rolling: int,
    look: Mapping[str, Look],
) -> Figure:
    """Draw the article's curves: loss and accuracy by step, a line a seed."""
    figure = Figure(figsize=(9.5, 6.2), layout="constrained")
    grid = figure.subplots(2, len(recipes), sharex="col", sharey="row", squeeze=False)
    for column, (recipe, names) in enumerate(recipes.items()):
        top, bottom = grid[0, column], grid[1, column]
        for name in names:
            for _, seed in curves[name].groupby("seed"):
                table = seed.set_index("step")
                line = {"color": look[name].colour, "ls": look[name].dash, "lw": 0.8}
                for axis, key in ((top, "loss"), (bottom, "last_token_accuracy")):
                    axis.plot(smooth(table[key], rolling), alpha=0.75, **line)
        top.set_title(f"recipe: {recipe}")
        top.legend(handles=handles(names, look), loc="upper right")
        bottom.set_xlabel("step")
        bottom.set_ylim(0, 1.02)
    grid[0, 0].set_ylabel("loss (nats per token)")
    grid[1, 0].set_ylabel("accuracy of the last token")
    figure.suptitle(f"Training, every seed, mean over {rolling} steps")
    return figure


def handles(names: Iterable[str], look: Mapping[str, Look]) -> list[Line2D]:
    """Make legend entries of full strength for thin lines."""
    return [
        Line2D([], [], color=look[name].colour, ls=look[name].dash, lw=2.5, label=name)
        for name in names
    ]


def draw_accuracy(
    seeds: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str],
    claims: Claims,
    look: Mapping[str, Look],
) -> Figure:
    """Draw every variant's accuracies, a dot a seed, beside the article's claims.

    Args:
        seeds: a row a seed and stream, by variant.
        titles: of the accuracies that are drawn, by key.
        claims: of the article.
        look: of the variants.
    """
    figure = Figure(figsize=(9.5, 0.9 + 0.42 * len(seeds)), layout="constrained")
    axes = figure.subplots(1, len(titles), sharey=True)
    order = list(seeds)[::-1]
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        for y, name in enumerate(order):
            for stream, shift in ((TRAIN, 0.16), (VALID, -0.16)):
                rows = seeds[name]
                values = rows[rows["stream"] == stream][key]
                draw_dots(axis, values, y + shift, look[name], filled=stream == VALID)
                if (claim := claims[name].get((stream, key))) is not None:
                    axis.plot(claim, y + shift, "|", color="black", ms=15, mew=1.6)
        axis.set_title(title)
        axis.set_xlim(0, 1)
        axis.set_xlabel("accuracy")
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(order)), order)
    legend = [
        Line2D([], [], marker="o", ls="", color="#444444", mfc="white", label="train"),
        Line2D([], [], marker="o", ls="", color="#444444", label="valid"),
    ]
    if any(claims.values()):
        line = {"color": "black", "ms": 12, "label": "article"}
        legend.append(Line2D([], [], marker="|", ls="", **line))  # type: ignore[arg-type]
    figure.legend(handles=legend, loc="outside upper right", ncols=3)
    return figure


def draw_dots(
    axis: Axes, values: pd.Series[float], y: float, look: Look, filled: bool
) -> None:
    """Draw a dot a seed."""
    axis.plot(
        values, [y] * len(values), look.marker, color=look.colour,
        mfc=look.colour if filled else "white", ms=5, alpha=0.85, clip_on=False,
    )  # fmt: skip


def draw_sequences(
    steps: Mapping[str, pd.DataFrame], claims: Claims, look: Mapping[str, Look]
) -> Figure:
    """Draw the share of sequences still right by number of tokens generated."""
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, stream in zip(axes, (TRAIN, VALID), strict=True):
        last = 0
        for name, table in steps.items():
            rows = table[table["stream"] == stream]
            line: dict[str, Any] = {"color": look[name].colour, "ls": look[name].dash}
            for _, seed in rows.groupby("seed"):
                axis.plot(seed["steps"], seed["sequence_accuracy"], lw=0.6, **line)
            mean = rows.groupby("steps")["sequence_accuracy"].mean()
            line |= {"marker": look[name].marker, "label": name, "clip_on": False}
            axis.plot(mean.index, mean, ms=4.5, lw=2, markevery=3, **line)
            last = int(mean.index.max())
            if (claim := claims[name].get((stream, "sequence_accuracy"))) is not None:
                draw_rule(axis, claim, last, name)
        axis.set_title(stream)
        axis.set_xlabel("tokens generated greedily")
        axis.set_ylim(0, 1.0)
        axis.set_xlim(1, max(last, 2))
        axis.set_xticks([1, *range(5, last + 1, 5)])
    axes[0].set_ylabel("share of sequences without an error")
    entries = axes[0].get_legend_handles_labels()
    figure.legend(*entries, loc="outside right center")
    return figure


def draw_rule(axis: Axes, claim: float, last: int, name: str) -> None:
    """Draw the article's rule p^n, its p being 0.95, and its claim for a variant."""
    n = range(1, last + 1)
    axis.plot(n, [0.95**k for k in n], "k--", lw=1.2, label="rule $0.95^n$")
    axis.plot(last, claim, "k*", ms=11, label=f"article, {name}", clip_on=False)
