"""The results of a study as a Markdown table and as a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import fmean, median

import matplotlib as mpl
from matplotlib.figure import Figure

from counting.report import figures
from studies.study import Entry, Study

NONE = 1e-4  # share of errors drawn as none; one sequence in a stream is 0.7e-4 or more


def table(study: Study, done: list[Entry], older: int = 0) -> str:
    """Lay the results out as a Markdown table, a row of the study a line.

    `older` of them were made by other code or versions than those of today.
    """
    of_digits = f", without digits above {study.digits - 1}" * (study.digits < 10)
    of_today = f" {older} of {len(done)} results are of older code." * (older > 0)
    lines = [
        f"# {study.title}",
        "",
        f"Trained on {in_words(study.train)}, judged on "
        f"{in_words(study.judge, study.every)}{of_digits}; seeds "
        f"{', '.join(map(str, study.seeds))}. Made by `python -m studies`.{of_today}",
        "",
        "| row | changed | last token, train | sequences, train "
        "| sequences judged, mean of each | all, worst | by seed | counts on, median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in study.rows:
        mine = [entry for entry in done if entry["name"] == row.name]
        if not mine:
            continue
        shares = [entry["sequence_accuracy"] for entry in mine]
        by_range = zip(*(entry["by_range"] for entry in mine), strict=True)
        change = ", ".join(f"{k}: {json.dumps(v)}" for k, v in row.change.items())
        lines.append(
            f"| {row.name} | {change or '(as released)'} "
            f"| {fmean(entry['train_last_token_accuracy'] for entry in mine):.4f} "
            f"| {fmean(entry['train_sequence_accuracy'] for entry in mine):.4f} "
            f"| {' '.join(f'{fmean(part):.4f}' for part in by_range)} "
            f"| {min(shares):.4f} | {' '.join(f'{s:.4f}' for s in shares)} "
            f"| {median(entry['count_run'] for entry in mine):.0f} |"
        )
    return "\n".join(lines) + "\n"


def in_words(ranges: list[list[int]], strides: Sequence[int] = ()) -> str:
    """Name some ranges, the first two and the last if they are many.

    And which of their windows are judged, if there are strides.
    """
    names = [f"{first}..{last}" for first, last in ranges]
    if strides:
        which = ("every window" if n == 1 else f"one window in {n}" for n in strides)
        names = [f"{n} of {name}" for n, name in zip(which, names, strict=True)]
    shown = names if len(names) < 4 else [*names[:2], "...", names[-1]]
    return ", ".join(shown)


def draw(study: Study, done: list[Entry]) -> str:
    """Draw the rows as SVG: a dot a seed, a bar at the mean.

    Along a logarithmic axis of errors, since both 0.02 and 0.998 of right sequences
    matter here; a seed without any error stands at its end.
    """
    mpl.rcParams.update(figures.STYLE)
    figure = Figure(figsize=(8, 1.3 + 0.3 * len(study.rows)), layout="constrained")
    axis = figure.subplots()
    for y, row in enumerate(study.rows):
        shares = [1 - e["sequence_accuracy"] for e in done if e["name"] == row.name]
        if not shares:
            continue
        axis.plot(
            [max(share, NONE) for share in shares], [y] * len(shares), "o",
            color=figures.COLOURS[0], ms=6, alpha=0.6, clip_on=False,
        )  # fmt: skip
        axis.plot([max(fmean(shares), NONE)], [y], "|", color="black", ms=16, mew=2)
    axis.set_yticks(range(len(study.rows)), [row.name for row in study.rows])
    axis.set_ylim(len(study.rows) - 0.5, -0.5)
    axis.set_xscale("log")
    axis.set_xlim(1, NONE)
    axis.set_xticks(
        [1, 0.1, 0.01, 0.001, NONE], ["all", "10 %", "1 %", "0.1 %", "none"]
    )
    axis.minorticks_off()
    axis.set_title(study.title, loc="left", fontsize=10)
    axis.set_xlabel("sequences of 20 with an error; a dot a seed, a bar at their mean")
    axis.grid(axis="y", visible=False)
    return figures.svg(figure)
