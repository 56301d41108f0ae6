"""The figures: what the other stages measured, drawn with matplotlib.

SVG with fonts as paths and nothing in them of date, version or machine, so that their
bytes are as reproducible as the numbers they show.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# Okabe and Ito's colours, safe for the colour-blind; then the same, dashed.
COLOURS = "#0072B2 #E69F00 #009E73 #D55E00 #CC79A7 #56B4E9 #000000 #8C8C00".split()
MARKERS = "osD^vPX*"
TRAIN, VALID = "train", "valid"
CLAIMS = {  # of the article, on the 71st token; its sequences are of a GRU
    "loop": {"last_token_accuracy": 0.50},
    "rnn": {"last_token_accuracy": 0.50},
    "gru": {"last_token_accuracy": 0.95},
}
CLAIMED_SEQUENCES = {TRAIN: 0.80, VALID: 0.45}
STYLE: Any = {
    "svg.fonttype": "path",
    "svg.hashsalt": "counting",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E0E0E0",
    "legend.frameon": False,
}

Look = dict[str, tuple[str, str]]  # a variant's colour and marker


def look_of(names: Iterable[str]) -> Look:
    """Give each variant a colour and a marker."""
    return {
        name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }


def svg(figure: Figure) -> str:
    """Give a figure as SVG, without a date, the same bytes each time."""
    buffer = StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return "\n".join(lines) + "\n"


def draw_curves(
    curves: dict[str, pd.DataFrame],
    recipes: dict[str, list[str]],
    rolling: int,
    look: Look,
) -> Figure:
    """Draw the article's curves: loss and accuracy at every step, a line a seed."""
    figure = Figure(figsize=(9.5, 6.2), layout="constrained")
    grid = figure.subplots(2, len(recipes), sharex="col", sharey="row", squeeze=False)
    for column, (recipe, names) in enumerate(recipes.items()):
        top, bottom = grid[0, column], grid[1, column]
        for name in names:
            for _, seed in curves[name].groupby("seed"):
                smooth = seed.set_index("step").rolling(rolling).mean().dropna()
                line = {"color": look[name][0], "lw": 0.8, "alpha": 0.75}
                top.plot(smooth.index, smooth["loss"], **line)
                bottom.plot(smooth.index, smooth["last_token_accuracy"], **line)
        top.set_title(f"recipe: {recipe}")
        top.legend(handles=handles(names, look), loc="upper right")
        bottom.set_xlabel("step")
        bottom.set_ylim(0, 1.02)
    grid[0, 0].set_ylabel("loss (nats per token)")
    grid[1, 0].set_ylabel("accuracy of the last token")
    figure.suptitle(f"Training, every seed, mean over {rolling} steps")
    return figure


def handles(names: list[str], look: Look) -> list[Line2D]:
    """Make legend entries of full strength for thin lines."""
    return [Line2D([], [], color=look[name][0], lw=2.5, label=name) for name in names]


def draw_accuracy(seeds: dict[str, pd.DataFrame], look: Look) -> Figure:
    """Draw every variant's three accuracies, a dot a seed, beside the claims."""
    titles = {
        "last_token_accuracy": "71st token",
        "token_accuracy": "all tokens",
        "sequence_accuracy": "20 tokens in a row, greedy",
    }
    figure = Figure(figsize=(9.5, 0.9 + 0.42 * len(seeds)), layout="constrained")
    axes = figure.subplots(1, len(titles), sharey=True)
    order = list(seeds)[::-1]
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        for y, name in enumerate(order):
            for stream, shift, fill in ((TRAIN, 0.16, "white"), (VALID, -0.16, None)):
                rows = seeds[name]
                values = rows[rows["stream"] == stream][key]
                colour, marker = look[name]
                axis.plot(
                    values,
                    [y + shift] * len(values),
                    marker,
                    color=colour,
                    mfc=fill or colour,
                    ms=5,
                    alpha=0.85,
                    clip_on=False,
                )
            if (claim := CLAIMS.get(name, {}).get(key)) is not None:
                axis.plot(claim, y + 0.16, "|", color="black", ms=15, mew=1.6)
            if name == "gru" and key == "sequence_accuracy":
                for shift, stream in ((0.16, TRAIN), (-0.16, VALID)):
                    claim = CLAIMED_SEQUENCES[stream]
                    axis.plot(claim, y + shift, "|", color="black", ms=15, mew=1.6)
        axis.set_title(title)
        axis.set_xlim(0, 1)
        axis.set_xlabel("accuracy")
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(order)), order)
    legend = [
        Line2D([], [], marker="o", ls="", color="#444444", mfc="white", label="train"),
        Line2D([], [], marker="o", ls="", color="#444444", label="valid"),
        Line2D([], [], marker="|", ls="", color="black", ms=12, label="article"),
    ]
    figure.legend(handles=legend, loc="outside upper right", ncols=3)
    return figure


def draw_sequences(steps: dict[str, pd.DataFrame], look: Look) -> Figure:
    """Draw the share of sequences still right by number of steps generated."""
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, stream in zip(axes, (TRAIN, VALID), strict=True):
        last = 0
        for name, table in steps.items():
            rows = table[table["stream"] == stream]
            colour, marker = look[name]
            for _, seed in rows.groupby("seed"):
                axis.plot(
                    seed["steps"], seed["sequence_accuracy"], color=colour, lw=0.6
                )
            mean = rows.groupby("steps")["sequence_accuracy"].mean()
            axis.plot(
                mean.index,
                mean,
                color=colour,
                marker=marker,
                ms=4.5,
                lw=2,
                label=name,
                clip_on=False,
            )
            last = int(mean.index.max())
        draw_rule(axis, stream, last)
        axis.set_title(stream)
        axis.set_xlabel("tokens generated greedily")
        axis.set_ylim(0, 1.0)
        axis.set_xlim(1, last)
        axis.set_xticks([1, *range(5, last + 1, 5)])
    axes[0].set_ylabel("share of sequences without an error")
    entries = axes[0].get_legend_handles_labels()
    figure.legend(*entries, loc="outside right center")
    return figure


def draw_rule(axis: Axes, stream: str, last: int) -> None:
    """Draw the article's rule p^n with its p of 0.95, and what it claims of a GRU."""
    n = range(1, last + 1)
    axis.plot(n, [0.95**k for k in n], "k--", lw=1.2, label="rule $0.95^n$")
    axis.plot(
        last,
        CLAIMED_SEQUENCES[stream],
        "k*",
        ms=11,
        label="article, GRU",
        clip_on=False,
    )
