"""Trainings that are given away; tests/slow plays them on real workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cloudpickle
import pytest

from counting.running import cluster
from tests.conftest import Project

MADE = ("data/models/gru", "reports/curves/gru.csv")


class Elsewhere:
    """Workers that are this process; calls come to them as bytes, the last first."""

    def results(
        self, function: Callable[..., Any], calls: list[Any]
    ) -> Iterator[tuple[int, Any]]:
        for index, call in reversed([*enumerate(calls)]):
            yield index, function(*cloudpickle.loads(cloudpickle.dumps(call)))


@contextmanager
def connect(scheduler: str) -> Iterator[Elsewhere]:
    assert scheduler == "tcp://elsewhere:8786"
    yield Elsewhere()


@pytest.mark.parametrize("engine", ["compiled", "autograd"])
def test_what_is_trained_elsewhere_is_what_the_engine_asked_for_trains_here(
    engine: str, finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = finished.contents(*MADE)
    finished.set("engine", engine)
    assert finished.run("train@gru").code == 0
    here = finished.contents(*MADE)
    assert (here == compiled) == (engine == "compiled")
    monkeypatch.setenv("COUNTING_SCHEDULER", "tcp://elsewhere:8786")
    monkeypatch.setattr(cluster, "connect", connect)
    outcome = finished.run("train@gru")
    assert outcome.code == 0, outcome.err
    assert finished.contents(*MADE) == here
