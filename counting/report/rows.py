"""Figures with one row per variant: accuracies, how far it counts, its errors."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from counting.report.figures import GREY, Look, Looks
from counting.report.lines import STREAMS, Claims, Tables

SHADES = (  # of each kind of error, and of the text on it
    ("#0072B2", "white"), ("#56B4E9", "black"), ("#009E73", "black"),
    ("#E69F00", "black"), ("#D55E00", "white"), ("#999999", "black"),
)  # fmt: skip
WIDE = 0.08  # a part of a bar is labelled from this share on


def a_row_each(names: list[str], more: float, width: float = 9.5) -> Figure:
    """Make a figure with room for the rows and for `more` inches of height."""
    return Figure(figsize=(width, more + 0.42 * len(names)), layout="constrained")


def name_rows(axis: Axes, names: list[str]) -> None:
    """Name the rows, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def draw_accuracy(
    seeds: Tables, titles: Mapping[str, str], claims: Claims, look: Looks
) -> Figure:
    """Draw accuracies, one mark per seed, beside the article's claims.

    There is one panel per metric; `titles` has its title by the metric's key.
    """
    names = list(seeds)
    figure = a_row_each(names, 1.3)
    axes = figure.subplots(1, len(titles), sharey=True)
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        for y, (name, rows) in enumerate(seeds.items()):
            for stream, shift in zip(STREAMS, (-0.16, 0.16), strict=True):
                values = rows[rows["stream"] == stream][key]
                draw_dots(axis, values, y + shift, look[name], filled=shift > 0)
                if (claim := claims[name].get((stream, key))) is not None:
                    axis.plot(claim, y + shift, "|", color="black", ms=15, mew=1.6)
        axis.set_title(title)
        axis.set_xlim(0, 1)
        axis.set_xlabel("accuracy")
        name_rows(axis, names)
    legend = [
        Line2D([], [], marker="o", ls="", color="#444444", mfc="white", label="train"),
        Line2D([], [], marker="o", ls="", color="#444444", label="valid"),
        Line2D(
            [], [], marker="|", ls="", color="black", ms=12, label="article's claim"
        ),
    ]
    shown = legend if any(claims.values()) else legend[:2]
    figure.legend(handles=shown, loc="outside upper right", ncols=3)
    return figure


def draw_dots(
    axis: Axes, values: pd.Series[float], y: float, look: Look, filled: bool = True
) -> None:
    """Draw one mark per seed, all at the height y."""
    axis.plot(
        values, [y] * len(values), look.marker, color=look.colour,
        mfc=look.colour if filled else "white", ms=5, alpha=0.85, clip_on=False,
    )  # fmt: skip


def draw_counting(
    counts: Tables, marks: Mapping[str, int], claims: Claims, look: Looks
) -> Figure:
    """Draw how far networks count from one: one mark per seed, a bar at the median.

    `marks` has numbers at which a vertical line is drawn, by its label.
    """
    names = list(counts)
    figure = a_row_each(names, 1.5, 7.4)
    axis = figure.subplots()
    for y, (name, rows) in enumerate(counts.items()):
        draw_dots(axis, rows["from_one"], y, look[name])
        median = rows["from_one"].median()
        axis.plot([median], [y], "|", color="black", ms=15, mew=1.6)
    most = max(1, *marks.values(), *(int(t["from_one"].max()) for t in counts.values()))
    for n, (text, number) in enumerate(marks.items()):  # one label above the other
        axis.axvline(number, color=GREY, ls="--", lw=1)
        axis.annotate(
            text, (number, 1), (3, 3 + 11 * n), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right", color=GREY, fontsize=9,
        )  # fmt: skip
    name_rows(axis, [f"{n} (article)" if claims[n] else n for n in names])
    axis.set_xscale("log")
    axis.set_xlim(0.9, most * 1.2)
    ticks = [10**k for k in range(len(str(most)))]
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("last number before the first error, by seed; bar: their median")
    figure.suptitle("How far does each seed count, given “one ,” alone?")
    return figure


def draw_errors(errors: Tables) -> Figure:
    """Draw in which part of a number sequences of valid go wrong first, as shares."""
    names = list(errors)
    kinds = list(dict.fromkeys(next(iter(errors.values()))["kind"]))
    figure = a_row_each(names, 1.4)
    axis = figure.subplots()
    for y, table in enumerate(errors.values()):
        columns = [name for name in table if str(name).startswith("seed_")]
        counts = table.groupby("kind")[columns].sum().sum(axis=1)
        total, left = int(counts.sum()), 0.0
        for kind, (shade, ink) in zip(kinds, SHADES, strict=True):
            share = int(counts.get(kind, 0)) / total if total else 0.0
            axis.barh(y, share, 0.7, left, color=shade)
            if share > WIDE:
                axis.text(
                    left + share / 2, y, f"{share:.0%}", ha="center", va="center",
                    color=ink, fontsize=9,
                )  # fmt: skip
            left += share
        per_seed = round(total / max(len(columns), 1))
        axis.text(1.01, y, f"{per_seed:,}" if total else "none", va="center")
    name_rows(axis, names)
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axis.set_axisbelow(True)
    axis.set_xlabel(
        "share of first errors on valid; at the right, their number per seed"
    )
    key = [
        Line2D([], [], marker="s", ls="", ms=9, color=shade, label=kind)
        for kind, (shade, _) in zip(kinds, SHADES, strict=True)
    ]
    figure.legend(handles=key, loc="outside lower center", ncols=len(kinds))
    figure.suptitle("In which part of a number is the first error of a sequence?")
    return figure
