"""Figures with a row for each variant: accuracies, how far it counts, its errors."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from counting.report.figures import GREY, Look, Looks
from counting.report.lines import Claims, Tables

SHADES = (  # of the kinds, and of what is written on them
    ("#0072B2", "white"), ("#56B4E9", "black"), ("#009E73", "black"),
    ("#E69F00", "black"), ("#D55E00", "white"), ("#999999", "black"),
)  # fmt: skip
WIDE = 0.08  # share of a bar from which it is labelled
TRAIN, VALID = "train", "valid"


def a_row_each(names: list[str], more: float, width: float = 9.5) -> Figure:
    """Make a figure as high as so many rows and `more`, in inches."""
    return Figure(figsize=(width, more + 0.42 * len(names)), layout="constrained")


def name_rows(axis: Axes, names: list[str]) -> None:
    """Name the rows, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def draw_accuracy(
    seeds: Tables, titles: Mapping[str, str], claims: Claims, look: Looks
) -> Figure:
    """Draw accuracies, a dot for each seed, beside the article's claims.

    Args:
        seeds: a row for each seed and stream, by variant.
        titles: of the accuracies that are drawn, by key.
        claims: of the article.
        look: of the variants.
    """
    names = list(seeds)
    figure = a_row_each(names, 1.3)
    axes = figure.subplots(1, len(titles), sharey=True)
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        for y, (name, rows) in enumerate(seeds.items()):
            for stream, shift in ((TRAIN, -0.16), (VALID, 0.16)):
                values = rows[rows["stream"] == stream][key]
                draw_dots(axis, values, y + shift, look[name], filled=stream == VALID)
                if (claim := claims[name].get((stream, key))) is not None:
                    axis.plot(claim, y + shift, "|", color="black", ms=15, mew=1.6)
        axis.set_title(title)
        axis.set_xlim(0, 1)
        axis.set_xlabel("accuracy")
        name_rows(axis, names)
    line = {"color": "black", "ms": 12}
    legend = [
        Line2D([], [], marker="o", ls="", color="#444444", mfc="white", label=TRAIN),
        Line2D([], [], marker="o", ls="", color="#444444", label=VALID),
        Line2D([], [], marker="|", ls="", label="the article's claim", **line),  # type: ignore[arg-type]
    ]
    shown = legend if any(claims.values()) else legend[:2]
    figure.legend(handles=shown, loc="outside upper right", ncols=3)
    return figure


def draw_dots(
    axis: Axes, values: pd.Series[float], y: float, look: Look, filled: bool = True
) -> None:
    """Draw a dot for each seed."""
    axis.plot(
        values, [y] * len(values), look.marker, color=look.colour,
        mfc=look.colour if filled else "white", ms=5, alpha=0.85, clip_on=False,
    )  # fmt: skip


def draw_counting(
    counts: Tables, marks: Mapping[str, int], claims: Claims, look: Looks
) -> Figure:
    """Draw how far networks count from one, a dot for each seed, a bar at the median.

    Args:
        counts: a row for each seed, by variant.
        marks: numbers worth a line, by what stands beside it.
        claims: of the article, whose networks are named as such.
        look: of the variants.
    """
    names = list(counts)
    figure = a_row_each(names, 1.5, 7.4)
    axis = figure.subplots()
    for y, (name, rows) in enumerate(counts.items()):
        draw_dots(axis, rows["from_one"], y, look[name])
        median = rows["from_one"].median()
        axis.plot([median], [y], "|", color="black", ms=15, mew=1.6)
    most = max(1, *marks.values(), *(int(t["from_one"].max()) for t in counts.values()))
    for n, (text, number) in enumerate(marks.items()):  # a line above the other
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
    axis.set_xlabel("last right number; a mark for each seed, a bar at the median")
    figure.suptitle("Given “one ,” and left alone: the last number before an error")
    return figure


def draw_errors(errors: Tables) -> Figure:
    """Draw at which place of a number sequences of valid go wrong first, as shares."""
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
                text = {"ha": "center", "va": "center", "color": ink, "fontsize": 9}
                axis.text(left + share / 2, y, f"{share:.0%}", **text)  # type: ignore[arg-type]
            left += share
        per_seed = round(total / max(len(columns), 1))
        axis.text(1.01, y, f"{per_seed:,}" if total else "none", va="center")
    name_rows(axis, names)
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axis.set_xlabel(
        "first errors on valid, by place in the number; right: how many per seed"
    )
    key = [
        Line2D([], [], marker="s", ls="", ms=9, color=shade, label=kind)
        for kind, (shade, _) in zip(kinds, SHADES, strict=True)
    ]
    figure.legend(handles=key, loc="outside lower center", ncols=len(kinds))
    figure.suptitle("Where in a number does the first error stand?")
    return figure
