"""Metrics: frozen keys, means and worst seeds."""

from pathlib import Path
from typing import Any

import pytest

from counting.base import files
from counting.base.errors import InputError
from counting.evaluation import metrics
from tests import tiny
from tests.conftest import Project

ROW = {
    "loss": 1.0,
    "last_token_accuracy": 0.5,
    "token_accuracy": 0.25,
    "sequence_accuracy": 0.0,
    "one_given_accuracy": 0.0,
}


def test_the_mean_is_beside_the_worst_seed_and_more_loss_is_worse() -> None:
    rows = [ROW, {**ROW, "loss": 3.0, "last_token_accuracy": 1.0}]
    summary = metrics.mean_and_worst(rows, metrics.KEYS)
    assert summary["loss"] == 2.0
    assert summary["loss_worst"] == 3.0
    assert summary["last_token_accuracy"] == 0.75
    assert summary["last_token_accuracy_worst"] == 0.5


def test_every_variant_has_the_same_frozen_keys(finished: Project) -> None:
    expected = {
        f"{stream}.{key}{suffix}"
        for stream in ("train", "valid")
        for key in (*metrics.KEYS, metrics.ONE_GIVEN)
        for suffix in ("", "_worst")
    }
    expected |= {"train.stride", "valid.stride", "seeds"}
    expected |= {"count_run.median", "count_run.worst"}
    expected |= {"count_further.median", "count_further.worst"}
    expected |= {"count_from_one.median", "count_from_one.worst"}
    expected |= {
        f"beyond.{name}.{key}"
        for name in ["teens"]
        for key in (
            "sequence_accuracy",
            "sequence_accuracy_worst",
            "stride",
            metrics.ONE_GIVEN,
            f"{metrics.ONE_GIVEN}_worst",
        )
    }
    for name in tiny.VARIANTS:
        content = metrics.load(finished.path(f"reports/metrics/{name}.json"))
        assert flat(content) == expected


def flat(content: object, prefix: str = "") -> set[str]:
    if not isinstance(content, dict):
        return {prefix.rstrip(".")}
    return {key for k, v in content.items() for key in flat(v, f"{prefix}{k}.")}


def of(sequences: float, further: int, from_one: int, worst: int) -> dict[str, Any]:
    return {
        "valid": {"sequence_accuracy": sequences},
        "count_further": {"median": further, "worst": 0},
        "count_from_one": {"median": from_one, "worst": worst},
    }


def test_the_best_has_most_sequences_right_then_counts_furthest() -> None:
    ranked = {
        "equal": of(1.0, 9, 99, 98),
        "steady": of(1.0, 9, 99, 99),
        "near": of(1.0, 9, 98, 98),
        "stops": of(1.0, 8, 999, 999),
        "wrong": of(0.9, 99, 999, 999),
    }
    for name in ("steady", "equal", "near", "stops"):
        assert metrics.best(ranked) == name
        del ranked[name]
    assert metrics.best({"a": of(1.0, 9, 9, 9), "b": of(1.0, 9, 9, 9)}) == "a"
    assert metrics.best({"a": {"valid": {"sequence_accuracy": 0.5}}}) == "a"


def test_metrics_of_an_older_run_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gru.json"
    files.write_json(path, {"train": ROW, "valid": {"loss": 1.0}})
    with pytest.raises(InputError, match=r"valid.last_token_accuracy is None.*again"):
        metrics.load(path)
