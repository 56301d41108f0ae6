"""Metrics: frozen keys, means and worst seeds."""

from pathlib import Path

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


def test_the_mean_stands_beside_the_worst_seed_and_more_loss_is_worse() -> None:
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


def test_metrics_of_an_older_run_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gru.json"
    files.write_json(path, {"train": ROW, "valid": {"loss": 1.0}})
    with pytest.raises(InputError, match=r"valid.last_token_accuracy is None.*again"):
        metrics.load(path)
