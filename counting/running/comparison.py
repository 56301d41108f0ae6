"""What a change did, judged by how the seeds scatter: two revisions, key by key.

For each variant and each of its metrics: the two means over the seeds, and whether
their difference is beyond what other seeds alone would bring. The test is Welch's t
(scipy.stats.ttest_ind), which has power even with five seeds; a sign test has none,
since five pairs give no p below 1/16. Where the same seeds rise and fall together, as
after a change of what they are judged on, it is the paired t (ttest_rel). Accuracies
are compared by the arcsine of their root and losses by their logarithm, scales on
which seeds scatter evenly. Holm's correction over all keys keeps the chance of
flagging anything without a cause at one in twenty.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from math import asin, log, sqrt
from pathlib import Path
from statistics import StatisticsError, correlation, fmean, stdev

from scipy import stats

from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.running import cli

TABLES = Path("reports/tables")
CHANCE = 0.05  # of flagging any key without a cause
TOGETHER = 0.9  # correlation of the same seeds from which they are compared in pairs
LEAST = 0.001  # a smaller difference in accuracy, or share of a loss, is none

Seeds = dict[int, float]  # a metric's value, by seed
Metrics = dict[str, Seeds]  # by key, as valid.sequence_accuracy


@dataclass(frozen=True)
class Change:
    """One key of one variant at two revisions."""

    variant: str
    key: str
    base: Seeds
    head: Seeds
    p: float | None  # corrected; None where too few seeds show no scatter

    @property
    def difference(self) -> float:
        """The difference of the means."""
        return fmean(self.head.values()) - fmean(self.base.values())

    @property
    def verdict(self) -> str:
        """`worse`, `better`, or why it is neither."""
        size = abs(self.difference)
        if is_loss(self.key):
            size /= max(fmean(self.base.values()), LEAST)
        if self.p is None:
            return "too few seeds to tell"
        if self.p >= CHANCE or size < LEAST:
            return "within the scatter of the seeds"
        return "worse" if (self.difference > 0) == is_loss(self.key) else "better"


def main() -> None:
    """Compare the working tree, or a revision, with another one; print Markdown."""
    parser = cli.Parser("counting.running.comparison", __doc__)
    parser.add_argument("--base", default="main", help="git revision to compare with")
    parser.add_argument("--head", help="git revision; the working tree by default")
    parser.add_argument(
        "--fail-on-regression", action="store_true", help="exit 1 if a key is worse"
    )
    args = parser.parse_args()
    base, head = at_revision(args.base), at_revision(args.head) if args.head else here()
    changes = compare(base, head)
    print(report(args.base, base, head, changes))
    if args.fail_on_regression and any(c.verdict == "worse" for c in changes):
        sys.exit(1)


def here() -> dict[str, Metrics]:
    """Read the tables of the working tree, by variant."""
    found = sorted(TABLES.glob("*/seeds.csv"))
    return {path.parent.name: read(path.read_text(encoding="utf-8")) for path in found}


def at_revision(revision: str) -> dict[str, Metrics]:
    """Read the tables of a git revision, by variant."""
    names = git("ls-tree", "-r", "--name-only", revision, "--", str(TABLES))
    paths = [Path(name) for name in names.splitlines() if name.endswith("/seeds.csv")]
    return {p.parent.name: read(git("show", f"{revision}:./{p}")) for p in paths}


def git(*words: str) -> str:
    """Run git and give its output."""
    run = subprocess.run(["git", *words], capture_output=True, text=True)
    if run.returncode:
        raise InputError(f"git {words[0]}: {run.stderr}; name a revision that is there")
    return run.stdout


def read(text: str) -> Metrics:
    """Read a seeds.csv: the frozen metrics of one variant, by key."""
    found: Metrics = {}
    for row in csv.DictReader(StringIO(text)):
        stream = row["stream"]
        keys = metrics.KEYS if stream in ("train", "valid") else ["sequence_accuracy"]
        for key in keys:
            found.setdefault(f"{stream}.{key}", {})[int(row["seed"])] = float(row[key])
    return found


def compare(base: Mapping[str, Metrics], head: Mapping[str, Metrics]) -> list[Change]:
    """Judge every key that both sides have and that is not the same, seed by seed."""
    pairs = [
        (variant, key, before, head[variant][key])
        for variant in base
        if variant in head
        for key, before in base[variant].items()
        if key in head[variant] and head[variant][key] != before
    ]
    chances = holm([chance(key, before, now) for _, key, before, now in pairs])
    return [Change(*pair, p) for pair, p in zip(pairs, chances, strict=True)]


def chance(key: str, base: Seeds, head: Seeds) -> float | None:
    """Give the chance, p on both sides, that seeds alone bring such a difference."""
    a = [scaled(key, value) for value in base.values()]
    b = [scaled(key, value) for value in head.values()]
    if min(len(a), len(b)) < 2:
        return None
    if len(set(a)) == len(set(b)) == 1:  # no scatter at all
        return 1.0 if a[0] == b[0] else 0.0
    if are_together(base, head):
        b = [scaled(key, head[seed]) for seed in base]
        if len({round(y - x, 12) for x, y in zip(a, b, strict=True)}) == 1:
            return 1.0 if a == b else 0.0
        return float(stats.ttest_rel(a, b).pvalue)
    sides = [n for side in (a, b) for n in (fmean(side), stdev(side), len(side))]
    return float(stats.ttest_ind_from_stats(*sides, equal_var=False).pvalue)


def scaled(key: str, value: float) -> float:
    """Put a metric on a scale where seeds scatter evenly."""
    return log(max(value, LEAST)) if is_loss(key) else asin(sqrt(value))


def is_loss(key: str) -> bool:
    """Tell whether less is better."""
    return key.endswith("loss")


def are_together(base: Seeds, head: Seeds) -> bool:
    """Tell whether the same seeds, three or more, rise and fall on both sides."""
    if base.keys() != head.keys() or len(base) < 3:
        return False
    try:
        r = correlation(list(base.values()), [head[seed] for seed in base])
    except StatisticsError:  # one side is constant
        return False
    return r > TOGETHER


def holm(chances: Sequence[float | None]) -> list[float | None]:
    """Correct chances for their number, by Holm's step-down method."""
    order = sorted((p, i) for i, p in enumerate(chances) if p is not None)
    corrected: list[float | None] = [None] * len(chances)
    most = 0.0
    for rank, (p, i) in enumerate(order):
        most = max(most, min(1.0, p * (len(order) - rank)))
        corrected[i] = most
    return corrected


def report(
    name: str,
    base: Mapping[str, Metrics],
    head: Mapping[str, Metrics],
    changes: Sequence[Change],
) -> str:
    """Lay the changes out in Markdown: a sentence, then a line a key that changed."""
    same = [v for v in base if v in head and v not in {c.variant for c in changes}]
    verdicts = [change.verdict for change in changes]
    lines = [
        f"**Compared with {name}**: {verdicts.count('worse')} keys worse, "
        f"{verdicts.count('better')} better, beyond what the seeds alone scatter "
        f"(t test, Holm over {len(changes)} keys that changed)."
    ]
    for title, names in (
        ("The same for every seed", same),
        ("New", [v for v in head if v not in base]),
        ("Gone", [v for v in base if v not in head]),
    ):
        if names:
            lines.append(f"{title}: {', '.join(names)}.")
    if changes:
        lines += ["", f"| variant | key | {name} | now | difference | p | verdict |"]
        lines.append("|---|---|---|---|---|---|---|")
    for one in changes:
        mark = "**" if one.verdict in ("worse", "better") else ""
        lines.append(
            f"| {one.variant} | {one.key} | {fmean(one.base.values()):.4f} "
            f"| {fmean(one.head.values()):.4f} | {one.difference:+.4f} "
            f"| {'' if one.p is None else f'{one.p:.3f}'} "
            f"| {mark}{one.verdict}{mark} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run("comparison", main)
