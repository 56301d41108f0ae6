"""Figures of lines: training curves, sequence accuracy by length, and memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from counting.report.figures import GREY, Look, Looks, label_ends

POINTS = 32  # at most, of a training curve
STREAMS = ("train", "valid")
ACROSS = 3  # panels side by side in the figure of the memory
PLACES: Any = (  # colour and dash of a digit, the thousands first
    ("#0072B2", "-"), ("#56B4E9", (0, (4, 1))), ("#009E73", (0, (1, 1))),
    ("#E69F00", "-"),
)  # fmt: skip
Tables = Mapping[str, pd.DataFrame]  # by variant; columns as in inputs.TABLES
Claims = Mapping[str, Mapping[tuple[str, str], float]]  # variant, then stream and key


# --- training ------------------------------------------------------------------------


def draw_curves(
    curves: Tables, recipes: Mapping[str, list[str]], rolling: int, look: Looks
) -> Figure:
    """Draw loss and accuracy by training step, one line per seed, as the article does.

    The variants of a recipe share a column of panels; `recipes` names them.
    """
    figure = Figure(figsize=(9.5, 6.2), layout="constrained")
    grid = figure.subplots(2, len(recipes), sharex="col", sharey="row", squeeze=False)
    for column, (recipe, names) in enumerate(recipes.items()):
        top, bottom = grid[0, column], grid[1, column]
        for axis, key in ((top, "loss"), (bottom, "last_token_accuracy")):
            ends = {
                name: draw_seeds(axis, curves[name], key, rolling, look[name])
                for name in names
            }
            axis.set_ylim(0, None if key == "loss" else 1.02)
            axis.set_xlim(0, max(x for x, _ in ends.values()))
            label_ends(axis, ends, look)
        top.set_title(f"recipe {recipe}")
        bottom.set_xlabel("training step")
    grid[0, 0].set_ylabel("loss (nats per token)")
    grid[1, 0].set_ylabel("accuracy of the last token")
    figure.suptitle(f"Training: one line per seed, rolling mean over {rolling} steps")
    return figure


def draw_seeds(
    axis: Axes, table: pd.DataFrame, key: str, rolling: int, look: Look
) -> tuple[float, float]:
    """Draw one line per seed; gives the mean point (step, value) of their ends."""
    ends = []
    for _, seed in table.groupby("seed"):
        line = smooth(seed.set_index("step")[key], rolling)
        axis.plot(line, alpha=0.75, color=look.colour, ls=look.dash, lw=0.8)
        ends.append(float(line.iloc[-1]))
    return float(table["step"].max()), sum(ends) / len(ends)


def smooth(values: pd.Series[float], rolling: int) -> pd.Series[float]:
    """Take the rolling mean over `rolling` steps, at `POINTS` steps at the most."""
    mean = values.rolling(rolling).mean().dropna()
    at = np.unique(np.linspace(0, len(mean) - 1, POINTS).round().astype(int))
    return mean.iloc[at]


# --- sequences -----------------------------------------------------------------------


def draw_sequences(steps: Tables, claims: Claims, look: Looks) -> Figure:
    """Draw the share of sequences without an error by number of tokens generated."""
    figure = Figure(figsize=(8.2, 3.9), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, stream in zip(axes, STREAMS, strict=True):
        ends: dict[str, tuple[float, float]] = {}
        for name, table in steps.items():
            rows = table[table["stream"] == stream]
            ends[name] = draw_mean(axis, rows, "steps", "sequence_accuracy", look[name])
        last = max(int(table["steps"].max()) for table in steps.values())
        axis.set(xlim=(1, max(last, 2)), ylim=(0, 1), title=stream)
        axis.set_xlabel("tokens generated greedily")
        axis.set_xticks(sorted({1, *range(5, last + 1, 5), last}))
        key = (stream, "sequence_accuracy")
        draw_claims(axis, {name: claims[name].get(key) for name in steps}, last)
        label_ends(axis, ends, look)
    axes[0].set_ylabel("share of sequences without an error")
    figure.suptitle("How many tokens in a row are right? Thick lines: mean of seeds")
    return figure


def draw_mean(
    axis: Axes, rows: pd.DataFrame, x: str, y: str, look: Look
) -> tuple[float, float]:
    """Draw the seeds as thin lines and their mean as a thick one; gives its end."""
    line: dict[str, Any] = {"color": look.colour, "ls": look.dash, "clip_on": False}
    for _, seed in rows.groupby("seed"):
        axis.plot(seed[x], seed[y], lw=0.5, alpha=0.6, **line)
    mean = rows.groupby(x, sort=False)[y].mean()
    every = max(1, len(mean) // 6)
    axis.plot(
        mean.index, mean, lw=2, marker=look.marker, ms=4.5, markevery=every, **line
    )
    return float(mean.index[-1]), mean.iloc[-1]


def draw_claims(axis: Axes, claims: Mapping[str, float | None], last: int) -> None:
    """Draw the article's rule p^n with p = 0.95, and its claims by variant."""
    n = range(1, last + 1)
    for name, claim in claims.items():
        if claim is None:
            continue
        axis.plot(n, [0.95**k for k in n], "--", color=GREY, lw=1.2)
        middle = last // 2
        axis.annotate(
            "0.95ⁿ", (middle, 0.95**middle), (0, 5), textcoords="offset points",
            color=GREY, fontsize=9,
        )  # fmt: skip
        axis.plot(last, claim, "*", color="black", ms=11, clip_on=False)
        axis.annotate(
            f"article, {name}", (last, claim), (0, 11), textcoords="offset points",
            ha="right", fontsize=9,
        )  # fmt: skip


# --- memory --------------------------------------------------------------------------


def draw_memory(fading: Tables) -> Figure:
    """Draw how well a linear probe reads the digits of held-out numbers from the state.

    One panel per network. Lines with dots are means of the seeds; the thousands are
    drawn seed by seed as well, beside the accuracy of guessing.
    """
    rows = -(-len(fading) // ACROSS)
    figure = Figure(figsize=(7.4, 1.2 + 1.4 * rows), layout="constrained")
    axes = figure.subplots(rows, ACROSS, sharex=True, sharey=True, squeeze=False)
    places = list(dict.fromkeys(p for table in fading.values() for p in table["place"]))
    for axis in axes.flat[len(fading) :]:
        axis.set_visible(False)
    for axis, (name, table) in zip(axes.flat, fading.items(), strict=False):
        axis.set(title=name, ylim=(0, 1.05), xlabel="words read since the digit")
        axis.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        if table.empty:
            axis.text(
                0.5, 0.5, "nothing to probe", transform=axis.transAxes, ha="center"
            )
        for n, place in reversed([*enumerate(places)]):
            draw_place(axis, table[table["place"] == place], PLACES[n], n == 0)
        axis.label_outer()
    figure.supylabel("share of digits read correctly", fontsize=10)
    key = [
        Line2D([], [], color=colour, ls=dash, lw=2, label=place)
        for place, (colour, dash) in zip(places, PLACES, strict=False)
    ]
    key.append(Line2D([], [], color=GREY, ls="--", lw=1.2, label="chance"))
    figure.legend(handles=key, loc="outside lower center", ncols=len(key))
    figure.suptitle("What can a linear probe read from the state? Thin lines: seeds")
    return figure


def draw_place(axis: Axes, rows: pd.DataFrame, line: Any, first: bool) -> None:
    """Draw one digit; the first thickly, seed by seed, and with the line of chance."""
    colour, dash = line
    if rows.empty:
        return
    mean = rows.groupby("words")[["accuracy", "chance"]].mean()
    if first:
        axis.plot(mean.index, mean["chance"], "--", color=GREY, lw=1.2)
        for _, seed in rows.groupby("seed"):
            axis.plot(seed["words"], seed["accuracy"], color=colour, lw=0.5, alpha=0.6)
    axis.plot(
        mean.index, mean["accuracy"], color=colour, ls=dash, lw=2.4 if first else 1.5,
        marker="o", ms=3.5, clip_on=False,
    )  # fmt: skip
