"""The frozen metrics of a variant: means over its seeds, and the worst seed beside.

The keys are the same for every variant and never change, so that `dvc metrics diff`
lines up between branches. Accuracies in [0, 1], loss in nats per token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from pathlib import Path
from statistics import fmean, median
from typing import Any

from counting.base import files
from counting.base.errors import InputError, abbreviate

ACCURACIES = ("last_token_accuracy", "token_accuracy", "sequence_accuracy")
KEYS = ("loss", *ACCURACIES)  # of train and valid, each with its `_worst`
ONE_GIVEN = "one_given_accuracy"  # of every stream: see generation.one_given

Row = Mapping[str, float]


def mean_and_worst(rows: Sequence[Row], keys: Sequence[str]) -> dict[str, float]:
    """Summarise the seeds: the mean of each key, and its worst seed."""
    summary = {}
    for key in keys:
        values = [row[key] for row in rows]
        summary[key] = round(fmean(values), files.DIGITS)
        worst = max(values) if key == "loss" else min(values)
        summary[f"{key}_worst"] = round(worst, files.DIGITS)
    return summary


def summarise(
    scores: Mapping[str, Sequence[Row]],
    counts: Sequence[int],
    further: Sequence[int],
    from_one: Sequence[int],
    strides: Mapping[str, int],
) -> dict[str, Any]:
    """Put one variant's metrics together.

    Args:
        scores: for each stream, one row for each seed.
        counts: for each seed, the numbers of valid it counted right by itself.
        further: the same, through valid and the streams whose numbers follow it.
        from_one: for each seed, the numbers right from the first of train on.
        strides: for each stream, the stride between two windows.
    """
    names = ("train", "valid")
    content: dict[str, Any] = {
        name: mean_and_worst(scores[name], [*KEYS, ONE_GIVEN])
        | {"stride": strides[name]}
        for name in names
    }
    content["beyond"] = {
        name: mean_and_worst(rows, ["sequence_accuracy", ONE_GIVEN])
        | {"stride": strides[name]}
        for name, rows in scores.items()
        if name not in names
    }
    for key, found in (
        ("count_run", counts), ("count_further", further), ("count_from_one", from_one)
    ):  # fmt: skip
        content[key] = {"median": median(found), "worst": min(found)}
    content["seeds"] = len(counts)
    return content


def best(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Name the best variant.

    It is the one with the most right sequences of valid; among equals, the one whose
    median seed counts furthest on from train, then from one, and then the one whose
    worst seed counts furthest from one.

    Args:
        found: the metrics of each variant; of those that are equal in all of this, the
            first is best.
    """

    def rank(name: str) -> tuple[float, ...]:
        content = found[name]
        further, from_one = (
            content.get(key, {}) for key in ("count_further", "count_from_one")
        )
        return (
            content["valid"]["sequence_accuracy"],
            further.get("median", 0),
            from_one.get("median", 0),
            from_one.get("worst", 0),
        )

    return max(found, key=rank)


def load(path: Path) -> dict[str, Any]:
    """Read one variant's metrics.

    Raises:
        InputError: the file is missing, damaged, or of an older run.
    """
    again = f"run `dvc repro evaluate@{path.stem}` again"
    content = files.read_json(path, again)
    for name in ("train", "valid"):
        for key in (*KEYS, ONE_GIVEN):
            section = content.get(name) if isinstance(content, dict) else None
            value: Any = section.get(key) if isinstance(section, dict) else None
            most = inf if key == "loss" else 1.0
            number = isinstance(value, float) and isfinite(value)
            if not number or not 0 <= value <= most:
                raise InputError(
                    f"{path}: {name}.{key} is {abbreviate(value)}, expected a number "
                    f"in [0, {most:.0f}]; the file is damaged or of another version: "
                    f"{again}"
                )
    assert isinstance(content, dict)
    return content


def told(content: Mapping[str, Any]) -> str:
    """Put the most important metrics into one line."""
    valid, from_one = content["valid"], content["count_from_one"]
    return (
        f"valid: last token {valid['last_token_accuracy']:.4f}, sequences "
        f"{valid['sequence_accuracy']:.4f} (worst seed "
        f"{valid['sequence_accuracy_worst']:.4f}), counts from one to "
        f"{from_one['median']:,.0f} (worst seed {from_one['worst']:,})"
    )
