"""The results of a study as a Markdown table and as a figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import sqrt
from statistics import NormalDist, fmean, median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counting.report import figures
from studies import thousands
from studies.study import Entry, Study

NONE = 1e-6  # a share of errors drawn as none: results have six digits
FEW = 5  # seeds, up to which each is shown by itself
CONFIDENCE = 0.95
Rows = dict[str, list[Entry]]  # the results of each row


def described(entry: Entry, done: int, of: int) -> str:
    """Put a result into a line."""
    return (
        f"study: {entry['name']}, seed {entry['seed']}: wrong "
        f"{wrong(entry['sequence_accuracy'])}, from one {entry['count_from_one']:,} "
        f"({done}/{of})"
    )


def table(study: Study, done: list[Entry], steps: int, older: int = 0) -> str:
    """Lay the results out as Markdown tables, one line per row of the study.

    Args:
        study: its rows and seeds.
        done: the results that there are.
        steps: tokens of a sequence that are judged.
        older: how many of the results were made by other code or versions.
    """
    rows = by_row(study, done)
    lines = [*heading(study, done, steps, older), "", *scores(study, rows)]
    if study.reach:
        lines += ["", *reached(study, rows)]
    if study.thousands:
        lines += ["", *into_thousands(rows)]
    return "\n".join(lines) + "\n"


def by_row(study: Study, done: list[Entry]) -> Rows:
    """Group the results by row, leaving out rows without any."""
    rows = {row.name: [e for e in done if e["name"] == row.name] for row in study.rows}
    return {name: entries for name, entries in rows.items() if entries}


def heading(study: Study, done: list[Entry], steps: int, older: int) -> list[str]:
    """Say what was trained, and what the columns mean."""
    of_digits = f", without digits above {study.digits - 1}" * (study.digits < 10)
    seeds = len({entry["seed"] for entry in done})
    of_today = f" {older} of {len(done)} results are of older code." * (older > 0)
    first, last = study.seeds[0], study.seeds[-1]
    but = " where a row does not say otherwise" * any(
        row.train or row.judge for row in study.rows
    )
    columns = (
        f"Shares of the sequences of {steps} words that have an error. *From one*: "
        "numbers right in a row, given the first; *from the end* of the training text: "
        f"given its last three. Of more than {FEW} seeds: worst, median and best."
    )
    if starts := study.starts:
        columns += (
            f" *Starts*: of {starts.each} random numbers in each of "
            f"{in_words(starts.ranges)}, the share after which, given that number "
            f"alone, the next {starts.numbers:,} are right."
        )
    return [
        f"# {study.title}",
        "",
        f"Trained on {in_words(study.train)}, judged on "
        f"{in_words(study.judge, study.every)}{of_digits}{but}; {seeds} of "
        f"{len(study.seeds)} seeds from {first} to {last}. "
        f"Made by `python -m studies`.{of_today}",
        "",
        columns,
    ]


def scores(study: Study, rows: Rows) -> list[str]:
    """Give the table of what every study measures."""
    head = [
        "row", "changed", "last word right, train", "wrong, train",
        "wrong in each range, mean", "wrong in all, by seed", "from the end, by seed",
        "from one, by seed",
    ]  # fmt: skip
    head += ["starts, mean"] * (study.starts is not None)
    head += ["predicted"] * bool(study.predicted)
    lines = []
    for row in study.rows:
        if not (mine := rows.get(row.name)):
            continue
        right = fmean(entry["train_sequence_accuracy"] for entry in mine)
        changes = [f"{k}: {json.dumps(v)}" for k, v in row.change.items()]
        own = (("trained", row.train), ("judged", row.judge))
        changes += [f"{what} on {in_words(ranges)}" for what, ranges in own if ranges]
        line = [
            row.name,
            ", ".join(changes),
            f"{fmean(e['train_last_token_accuracy'] for e in mine):.4f}",
            wrong(right),
            ", ".join(map(wrong, means(mine, "by_range"))),
            ", ".join(map(wrong, several(mine, "sequence_accuracy"))),
            " ".join(f"{count:,.0f}" for count in several(mine, "count_run")),
            " ".join(f"{count:,.0f}" for count in several(mine, "count_from_one")),
        ]
        if study.starts:
            line.append(", ".join(f"{share:.3f}" for share in means(mine, "starts")))
        if study.predicted:
            line.append(study.predicted.get(row.name, ""))
        lines.append(line)
    return markdown(head, lines)


def reached(study: Study, rows: Rows) -> list[str]:
    """Give the table of the shares of seeds that count from one to a number."""
    head = ["from one to", *(f"{number:,}" for number in study.reach)]
    lines = []
    for name, mine in rows.items():
        n = len(mine)
        line = [f"{name}, {n} seed{'s' * (n > 1)}"]
        for number in study.reach:
            k = sum(entry["count_from_one"] >= number for entry in mine)
            low, high = wilson(k, n)
            line.append(f"{k / n:.2f} ({low:.2f} to {high:.2f})")
        lines.append(line)
    return [
        f"Shares of the seeds, with Wilson's {CONFIDENCE:.0%} intervals:",
        "",
        *markdown(head, lines),
    ]


def into_thousands(rows: Rows) -> list[str]:
    """Give the table of the transitions into thousands that the text lacks."""
    bins = [*map("{:,}".format, thousands.READ)]
    head = ["row", "withheld", "the others", *(f"read {n} times or more" for n in bins)]
    lines = []
    for name, mine in rows.items():
        groups = [(e["withheld"], e["others"], *e["read"]) for e in mine]
        sums = [
            map(sum, zip(*group, strict=True)) for group in zip(*groups, strict=True)
        ]
        lines.append([name, *(share_of(*pair) for pair in sums)])
    return [
        "Transitions into a thousand that the text lacks, three numbers given and the "
        "next three judged: shares that are right, by whether its words were withheld, "
        "and by how often they were read before *thousand*. All seeds together:",
        "",
        *markdown(head, lines),
    ]


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """Give the lines of a Markdown table."""
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *lines]]


def means(entries: list[Entry], key: str) -> list[float]:
    """Take the mean of each of several shares over seeds."""
    return [fmean(part) for part in zip(*(e[key] for e in entries), strict=True)]


def several(entries: list[Entry], key: str) -> list[float]:
    """Give the value of each seed; of many seeds the worst, the median and the best."""
    values = [entry[key] for entry in entries]
    if len(values) <= FEW:
        return values
    return [min(values), median(values), max(values)]


def wrong(share: float) -> str:
    """Write the share of errors, given the share that is right: 0, 2.7e-05, 0.46."""
    return f"{1 - share:.2g}"


def share_of(right: int, of: int) -> str:
    """Write a share and of how many it is; an empty cell for none."""
    return f"{right / of:.4f} of {of:,}" if of else ""


def wilson(k: int, n: int) -> tuple[float, float]:
    """Give the confidence interval of a share, k of n (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle, half = k + z * z / 2, z * sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, (middle - half) / (n + z * z)), min(
        1.0, (middle + half) / (n + z * z)
    )


def in_words(ranges: Sequence[Sequence[int]], strides: Sequence[int] = ()) -> str:
    """Name some ranges, the first two and the last if they are many.

    And which of their windows are judged, if there are strides.
    """
    names = [f"{first}..{last}" for first, last in ranges]
    if strides:
        which = ("every window" if n == 1 else f"one window in {n}" for n in strides)
        names = [f"{n} of {name}" for n, name in zip(which, names, strict=True)]
    shown = names if len(names) < 5 else [*names[:2], "...", names[-1]]
    return ", ".join(shown)


def draw(study: Study, done: list[Entry], steps: int) -> str:
    """Draw the rows as SVG, a dot for each seed: errors, and how far it counts.

    The axes are logarithmic, since both 0.02 and 0.99998 of right sequences matter
    here; a seed without any error is drawn at the end.
    """
    mpl.rcParams.update(figures.STYLE)
    rows = by_row(study, done)
    figure = Figure(figsize=(10, 1.3 + 0.3 * max(1, len(rows))), layout="constrained")
    errors, counts = figure.subplots(1, 2, sharey=True)
    shares = [[1 - e["sequence_accuracy"] for e in mine] for mine in rows.values()]
    dots(errors, [[max(share, NONE) for share in mine] for mine in shares], fmean)
    dots(counts, [[e["count_from_one"] for e in m] for m in rows.values()], median)
    errors.set_xlim(1, NONE)
    errors.set_xticks(
        [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, NONE],
        ["all", "10 %", "1 %", "0.1 %", "1 in\n10,000", "1 in\n100,000", "none"],
    )
    counts.set_xlim(1, 1e6)
    labels = ["1", "", "100", "", "10,000", "", "1,000,000"]
    counts.set_xticks([10**k for k in range(7)], labels)
    for axis in (errors, counts):
        axis.minorticks_off()
        axis.grid(axis="y", visible=False)
    errors.set_yticks(range(len(rows)), list(rows))
    errors.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    errors.set_title(study.title, loc="left", fontsize=10)
    errors.set_xlabel(f"sequences of {steps} words with an error; a bar at the mean")
    counts.set_xlabel("numbers from one on, without an error; a bar at the median")
    return figures.svg(figure)


def dots(axis: Axes, rows: list[list[float]], middle: Callable[..., float]) -> None:
    """Draw a dot for each seed, and a bar in the middle, along a logarithmic axis."""
    axis.set_xscale("log")
    for y, values in enumerate(rows):
        axis.plot(
            values, [y] * len(values), "o", color=figures.COLOURS[0], ms=6, alpha=0.6,
            clip_on=False,
        )  # fmt: skip
        axis.plot([middle(values)], [y], "|", color="black", ms=16, mew=2)
