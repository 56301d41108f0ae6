"""Compare the metrics of two revisions: is a change more than other seeds would bring?

For each metric of each variant it gives both means over the seeds, and tests their
difference with Welch's t, which has power even with five seeds, or with the paired t
where the same seeds rise and fall together. Accuracies are compared by the arcsine of
their root, losses and counts by their logarithm: scales on which seeds scatter evenly.
Holm's correction over all keys keeps the chance of flagging anything without a cause at
one in twenty.

Where all seeds of one side agree, as at an accuracy of 1, there is no scatter to test
against. Then the seeds of the other side with another value are counted: if none of
five becomes three of five, Boschloo's exact test gives a chance of .03. Such a change
moves several keys of a variant at once, so this chance is not corrected.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import asin, copysign, log, log1p, sqrt
from statistics import correlation, fmean

import numpy as np
from scipy import stats

from counting.running import cli, results
from counting.running.results import Metrics, Results, Seeds

CHANCE = 0.05  # of flagging any key without a cause
TOGETHER = 0.9  # correlation of the same seeds from which they are compared in pairs
LEAST = 0.001  # a smaller difference in accuracy, or share of a loss or count, is none

SCATTER = "within the scatter of the seeds"
TOO_SMALL = f"smaller than what counts ({LEAST})"


@dataclass(frozen=True)
class Change:
    """One key of one variant at two revisions."""

    variant: str
    key: str
    base: Seeds
    head: Seeds
    p: float | None  # chance of such a difference; None with fewer than two seeds

    @property
    def is_scattered(self) -> bool:
        """Whether the seeds of both sides differ among themselves."""
        return all(len(set(side.values())) > 1 for side in (self.base, self.head))

    @property
    def difference(self) -> float:
        """The difference of the means."""
        return fmean(self.head.values()) - fmean(self.base.values())

    @property
    def verdict(self) -> str:
        """`worse`, `better`, or why it is neither."""
        size = abs(self.difference)
        if not is_share(self.key):
            size /= max(fmean(self.base.values()), LEAST)
        if size < LEAST:
            return TOO_SMALL
        if self.p is None:
            return "too few seeds to tell"
        if self.p >= CHANCE:
            return SCATTER
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
    base, head = results.at(args.base), results.at(args.head)
    results.check_run(head)
    if differences := results.judged_otherwise(base, head):
        print(
            f"**Not comparable with {args.base}**, which was judged with other "
            f"settings: {'; '.join(differences)}. The weights may be the same."
        )
        return
    changes = compare(base.variants, head.variants)
    print(report(args.base, base, head, changes))
    if args.fail_on_regression and any(c.verdict == "worse" for c in changes):
        sys.exit(1)


def compare(base: Mapping[str, Metrics], head: Mapping[str, Metrics]) -> list[Change]:
    """Judge every key that both sides have and that differs for some seed."""
    changes = [
        Change(variant, key, before, now, chance(key, before, now))
        for variant in base
        if variant in head
        for key, before in base[variant].items()
        if (now := head[variant].get(key, before)) != before
    ]
    chances = {
        i: change.p
        for i, change in enumerate(changes)
        if change.p is not None and change.is_scattered
    }
    for i, p in zip(chances, holm(list(chances.values())), strict=True):
        changes[i] = replace(changes[i], p=p)
    return changes


def chance(key: str, base: Seeds, head: Seeds) -> float | None:
    """Give the chance, two-sided, that seeds alone bring such a difference."""
    if min(len(base), len(head)) < 2:
        return None
    for side, other in ((base, head), (head, base)):
        if len(set(side.values())) == 1:
            return chance_to_leave(next(iter(side.values())), len(side), other)
    a, b = ([scaled(key, v) for v in side.values()] for side in (base, head))
    if are_together(base, head):
        b = [scaled(key, head[seed]) for seed in base]
        if np.ptp(np.subtract(a, b)) < 1e-12:  # all moved by the same amount
            return 1.0 if a == b else 0.0
        return float(stats.ttest_rel(a, b).pvalue)
    return float(stats.ttest_ind(a, b, equal_var=False).pvalue)


def chance_to_leave(value: float, count: int, others: Seeds) -> float:
    """Give the chance that so many others differ from a value that `count` share."""
    left = sum(other != value for other in others.values())
    counts = [[0, left], [count, len(others) - left]]
    return float(stats.boschloo_exact(counts, alternative="less").pvalue)


def scaled(key: str, value: float) -> float:
    """Put a metric on a scale where seeds scatter evenly."""
    if is_share(key):
        return asin(sqrt(value))
    if is_loss(key):
        return log(max(value, LEAST))
    return copysign(log1p(abs(value)), value)


def is_share(key: str) -> bool:
    """Tell whether a metric lies in [0, 1]."""
    return key.endswith(("accuracy", "share"))


def is_loss(key: str) -> bool:
    """Tell whether less is better."""
    return key.endswith("loss")


def are_together(base: Seeds, head: Seeds) -> bool:
    """Tell whether the same seeds, three or more, rise and fall on both sides."""
    if base.keys() != head.keys() or len(base) < 3:
        return False
    return correlation(list(base.values()), [head[s] for s in base]) > TOGETHER


def holm(chances: Sequence[float]) -> list[float]:
    """Correct chances for their number, by Holm's step-down method."""
    order = np.argsort(chances)
    steps = np.array(chances)[order] * range(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected.tolist()


def report(name: str, base: Results, head: Results, changes: Sequence[Change]) -> str:
    """Lay the changes out in Markdown: a sentence, then a line for each key."""
    old, new = base.variants, head.variants
    verdicts = [change.verdict for change in changes]
    changed = {change.variant for change in changes}
    lines = [
        f"**Compared with {name}**: {verdicts.count('worse')} keys worse, "
        f"{verdicts.count('better')} better, by more than seeds alone scatter "
        f"(of {len(changes)} keys that changed)."
    ]
    variants = {
        "The same for every seed": [v for v in old if v in new and v not in changed],
        "New": [v for v in new if v not in old],
        "Gone": [v for v in old if v not in new],
    }
    lines += [f"{title}: {', '.join(of)}." for title, of in variants.items() if of]
    if changes:
        lines += ["", f"| variant | key | {name} | now | difference | p | verdict |"]
        lines.append("|---|---|---|---|---|---|---|")
    for one in changes:
        mark = "**" if one.verdict in ("worse", "better") else ""
        form = ".4f" if is_share(one.key) or is_loss(one.key) else ",.0f"
        before, now = fmean(one.base.values()), fmean(one.head.values())
        lines.append(
            f"| {one.variant} | {one.key} | {before:{form}} | {now:{form}} "
            f"| {now - before:+{form}} | {'' if one.p is None else f'{one.p:.3f}'} "
            f"| {mark}{one.verdict}{mark} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run("comparison", main)
