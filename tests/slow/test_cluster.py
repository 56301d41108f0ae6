"""A cluster: a worker is killed, a stranger refused, and the bytes are the same."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from distributed import Client

from tests.conftest import Project

with socket.socket() as free:  # other runs of this test may be on this machine
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]
SCHEDULER = f"tcp://127.0.0.1:{PORT}"
ROW = {"epochs": 60, "batch_size": 4}
STUDY = {
    "title": "Tiny",
    "train": [[1, 300]],
    "judge": [[301, 360]],
    "seeds": [0, 1, 2],
    "rows": [{"name": "rnn", "variant": "rnn", "change": ROW}],
}
REFUSED = (
    f"refused: num2words is 0.0.1, expected {version('num2words')}: `make setup` there"
)
OUTSIDE = "refused: it cannot load counting (No module named 'counting'): start it in a"


@pytest.fixture
def study(project: Project) -> Project:
    """A tiny project with the same study twice."""
    for name in ("alone", "cluster"):
        project.path(f"{name}.yaml").write_text(yaml.safe_dump(STUDY))
    return project


@pytest.fixture
def workers(project: Project) -> Iterator[list[subprocess.Popen[str]]]:
    """A scheduler and two workers; what a test adds is ended with them."""
    python = sys.executable
    started = [
        project.start(
            python, "-m", "dask", "scheduler", "--no-dashboard", "--port", str(PORT)
        )
    ]
    started += [start_worker(project) for _ in range(2)]
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start_worker(project: Project, **environment: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "dask", "worker", SCHEDULER, "--nthreads", "2"]
    words += ["--no-nanny", "--no-dashboard", "--name", str(time.monotonic_ns())]
    return project.start(*words, **environment)


def stranger(project: Project, folder: Path) -> subprocess.Popen[str]:
    """Start a worker that has another version of a pinned library."""
    info = folder / "num2words-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nVersion: 0.0.1\n")
    return start_worker(project, PYTHONPATH=str(folder))


def kill_one_that_trains(
    workers: list[subprocess.Popen[str]],
) -> subprocess.Popen[str]:
    """Kill the first worker that is amid a training, for good; give the one left."""
    with Client(SCHEDULER) as client:
        while True:
            busy = [name for name, keys in client.processing().items() if keys]
            if busy:
                time.sleep(1)
                pid = client.run(os.getpid, workers=busy[:1])
                (victim,) = [w for w in workers if w.pid in pid.values()]
                (left,) = [w for w in workers[1:] if w is not victim]
                victim.send_signal(signal.SIGKILL)
                assert client.processing().get(busy[0]), "it was done before the kill"
                return left
            time.sleep(0.1)


def test_a_study_that_loses_a_worker_has_the_same_bytes(
    study: Project, workers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "studies"]
    running = study.start(*command, "cluster.yaml", "--scheduler", SCHEDULER)
    left = kill_one_that_trains(workers)
    left.send_signal(signal.SIGSTOP)  # else the study may end before the others come
    outside = start_worker(Project(tmp_path))
    others = [stranger(study, tmp_path), outside]
    workers += others
    assert [other.wait(120) for other in others] == [0, 0]
    left.send_signal(signal.SIGCONT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert REFUSED in err
    assert OUTSIDE in err
    assert "Traceback" not in err
    alone = study.shell(*command, "alone.yaml", "--jobs", "1")
    assert alone.code == 0, alone.err
    there, here = (
        sorted(study.path(f"{name}.jsonl").read_text().splitlines())
        for name in ("cluster", "alone")
    )
    assert len(there) == 3
    assert there == here
    again = study.shell(*command, "alone.yaml")
    assert "study: " not in again.out  # nothing was missing


@pytest.mark.usefixtures("workers")
def test_train_over_two_workers_has_the_same_bytes(finished: Project) -> None:
    paths = ("data/models/gru", "reports/curves/gru.csv")
    alone = finished.contents(*paths)
    for name in alone:
        finished.path(name).unlink()
    command = finished.command("train@gru")
    command[0] = sys.executable
    outcome = finished.shell(*command, COUNTING_SCHEDULER=SCHEDULER)
    assert outcome.code == 0, outcome.err
    assert finished.contents(*paths) == alone
