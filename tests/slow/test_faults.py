"""Kill the pipeline at random moments, and compare its bytes.

A round undoes all from some kind of stage on, runs `dvc repro`, and stops it (DVC, the
stage, or both) while a stage of that kind is at work; a new run must come to the bytes
and the dvc.lock of one that was left alone. In every tenth round the new run is stopped
too, again and again.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest
import yaml

from counting.running import repro
from tests.conftest import Project

# most of the time of a run is spent in training
KINDS = ["train"] * 4 + ["evaluate"] * 2 + ["spell", "prepare", "plot", "report"]
LONGEST = 3.0  # seconds from the beginning of a stage to its stop
ROW = 5  # stops of a round that is stopped again and again

Process = subprocess.Popen[bytes]


def kill_all(process: Process) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def kill_dvc(process: Process) -> None:
    process.kill()


def kill_the_stage(process: Process) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()


def interrupt(process: Process) -> None:
    os.killpg(process.pid, signal.SIGINT)


def terminate(process: Process) -> None:
    os.killpg(process.pid, signal.SIGTERM)


FAULTS: list[Callable[[Process], None]] = [
    kill_all, kill_dvc, kill_the_stage, interrupt, terminate,
]  # fmt: skip


@pytest.mark.rounds(120)
def test_a_pipeline_that_was_stopped_comes_to_the_same_bytes(
    number: int, whole: Project, copy: Project
) -> None:
    chance, kind = random.Random(number), KINDS[number % len(KINDS)]
    undo(copy, kind)
    groups = []
    try:
        for _ in range(ROW if number % 10 == 9 else 1):
            process = caught(copy, kind, chance.uniform(0, LONGEST))
            groups.append(process.pid)
            with suppress(psutil.NoSuchProcess):
                chance.choice(FAULTS)(process)
            process.wait()
            assert "Traceback" not in said_by_stages(copy)
            for cure in repro.cures(copy.root):
                copy.shell("sh", "-c", cure)
        process = start(copy)
        assert process.wait() == 0, said(copy)
    finally:  # a stage whose DVC was killed may live on
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
    assert results(copy) == results(whole)


def undo(project: Project, kind: str) -> None:
    """Make the pipeline what it was before the first stage of a kind."""
    order = list(yaml.safe_load(project.path("dvc.yaml").read_text())["stages"])
    path = project.path("dvc.lock")
    lock = yaml.safe_load(path.read_text()) if path.is_file() else {"stages": {}}
    for name, stage in list(lock["stages"].items()):
        if order.index(name.partition("@")[0]) >= order.index(kind):
            for out in stage.get("outs", []):
                remove(project, out["path"])
            del lock["stages"][name]
    path.write_text(yaml.safe_dump(lock, sort_keys=False))
    remove(project, ".dvc/cache/runs")  # or DVC would take the results from there


def remove(project: Project, name: str) -> None:
    path = project.path(name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def caught(project: Project, kind: str, seconds: float) -> Process:
    """Run the pipeline until so long after a stage of a kind has begun, or less."""
    while True:
        process = start(project)
        while process.poll() is None:
            if f"Running stage '{kind}" in said(project):
                time.sleep(seconds)
                break
            time.sleep(0.01)
        if process.poll() is None:
            return process
        assert process.returncode == 0, said(project)
        undo(project, kind)
        seconds /= 2


def start(project: Project) -> Process:
    """Start `dvc repro` in a process group of its own."""
    project.path(".dvc/tmp").mkdir(exist_ok=True)
    with project.path(".dvc/tmp/output").open("wb") as output:
        return subprocess.Popen(
            ["dvc", "repro"], cwd=project.root, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip


def said(project: Project) -> str:
    return project.path(".dvc/tmp/output").read_text(errors="replace")


def said_by_stages(project: Project) -> str:
    return re.split("Running stage '", said(project), maxsplit=1)[-1]


def results(project: Project) -> dict[str, Any]:
    """Every result, temporary files too, and what dvc.lock says in whatever order."""
    lock = yaml.safe_load(project.path("dvc.lock").read_text())
    return {**project.contents("data", "reports"), **lock["stages"]}
