"""The results of a study as a Markdown table and as a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import fmean

import matplotlib as mpl
from matplotlib.figure import Figure

from counting.report import figures
from studies.study import Entry, Study

NONE = 1e-6  # share of errors drawn as none: results have six digits


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
        "Shares of the sequences of 20 that have an error. *Counts on*: numbers right "
        "before the first error, left alone.",
        "",
        "| row | changed | last token right, train | wrong, train "
        "| wrong in each range, mean | in all, by seed | counts on, by seed |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in study.rows:
        mine = [entry for entry in done if entry["name"] == row.name]
        if not mine:
            continue
        by_range = zip(*(entry["by_range"] for entry in mine), strict=True)
        change = ", ".join(f"{k}: {json.dumps(v)}" for k, v in row.change.items())
        counts = [f"{entry['count_run']:,}" for entry in mine]
        token = fmean(entry["train_last_token_accuracy"] for entry in mine)
        learnt = fmean(entry["train_sequence_accuracy"] for entry in mine)
        lines.append(
            f"| {row.name} | {change or '(as released)'} | {token:.4f} "
            f"| {wrong(learnt)} | {', '.join(wrong(fmean(part)) for part in by_range)} "
            f"| {', '.join(wrong(entry['sequence_accuracy']) for entry in mine)} "
            f"| {' '.join(counts)} |"
        )
    return "\n".join(lines) + "\n"


def wrong(share: float) -> str:
    """Write what is missing of a share that is right: 0, 2.7e-05, 0.46."""
    return f"{1 - share:.2g}"


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

    Along a logarithmic axis of errors, since both 0.02 and 0.99998 of right sequences
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
        [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, NONE],
        ["all", "10 %", "1 %", "0.1 %", "1 in 10,000", "1 in 100,000", "none"],
    )
    axis.minorticks_off()
    axis.set_title(study.title, loc="left", fontsize=10)
    axis.set_xlabel("sequences of 20 with an error; a dot a seed, a bar at their mean")
    axis.grid(axis="y", visible=False)
    return figures.svg(figure)
