"""Trainings on the workers of dask.distributed, with the bits of this machine.

A worker that connects shows what a result depends on: the code of `counting`, the
versions of the pinned libraries, and what a few steps of training come to there. One
that differs is refused, in a line, and gets nothing to do.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from distributed import (
    Client,
    KilledWorker,
    LocalCluster,
    Reschedule,
    Worker,
    WorkerPlugin,
    as_completed,
)

from counting.base.errors import InputError
from counting.base.params import CopyHead, Model, Recipe
from counting.training import loop

ANSWER = 10.0  # seconds that a scheduler is given to answer
PATIENCE = 60.0  # and the first worker, to connect
ROOT = Path(__file__).parents[2]
FOLDERS = ("base", "text", "networks", "engine", "training", "evaluation")
ONE_AT_A_TIME = Lock()  # random numbers belong to a process, not to its threads

PROBE = Model(
    recurrence="gru", hidden_size=64, recipe="probe", batch_size=16, learning_rate=0.01,
    copy_head=CopyHead(reach=10, sharpness=4.0, no_copy=0.2),
)  # fmt: skip
PROBE_RECIPE = Recipe(
    sampling="windows",
    steps=5,
    bptt=40,
    optimizer="adam",
    clip_norm=1.0,
)

accepted = False  # whether this process is a worker that may train


def facts() -> dict[str, str]:
    """Give what a result depends on beside its parameters: code and versions."""
    pins = (ROOT / "requirements-results.txt").read_text().split()
    names = [pin.partition("==")[0] for pin in pins]
    return {"code": code()} | {name: installed(name) for name in names}


def code() -> str:
    """Digest the folders of `counting` that a training and its judging come from."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "counting").glob("*/*.py")):
        if path.parent.name in FOLDERS:
            name = path.relative_to(ROOT).as_posix()
            digest.update(f"{name}\n{path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def installed(name: str) -> str:
    """Give the version of a library here, or say that there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def bits() -> str:
    """Give the md5 of the weights after a few steps of training on this machine."""
    stream = np.arange(500) % 29
    with ONE_AT_A_TIME:
        weights, _ = loop.train(PROBE, PROBE_RECIPE, stream, 29, seed=0)
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(weights):
        digest.update(weights[name].tobytes())
    return digest.hexdigest()


class Handshake(WorkerPlugin):
    """Runs on every worker before its first task, and closes one that differs."""

    name = "handshake"

    def __init__(self, expected: dict[str, str]) -> None:
        self.expected = expected

    async def setup(self, worker: Worker) -> None:
        """Compare, in a thread of its own, so that the worker still answers."""
        global accepted
        fault = await asyncio.to_thread(self.difference)
        accepted = fault is None
        if fault:
            line = f"{worker.address} refused: {fault}"
            worker.log_event(self.name, line)
            worker.loop.add_callback(worker.close, reason=line)

    def difference(self) -> str | None:
        """Say in what this process differs from the one that asks, if it does."""
        found = facts()
        for name, here in found.items():
            if here != (there := self.expected.get(name, "absent")):
                if name == "code":
                    return "its code in counting/ differs: check out the same commit"
                return f"{name} is {here}, expected {there}: `make setup` there"
        if "bits" in self.expected and bits() != self.expected["bits"]:
            return "a few steps of training come to other bits on its processor"
        return None


@contextmanager
def connect(scheduler: str | None = None, jobs: int = 1) -> Iterator[Client]:
    """Connect to a scheduler, or start workers on this machine if none is named.

    Raises:
        InputError: there is no scheduler, or no worker that is like this machine.
    """
    with ExitStack() as stack:
        if scheduler is None:
            if jobs < 1:
                raise InputError(f"--jobs {jobs}: expected 1 or more trainings")
            client = stack.enter_context(Client(stack.enter_context(workers(jobs))))
            expected = facts()  # of this very machine: its bits need no proof
        else:
            try:
                client = stack.enter_context(Client(scheduler, timeout=ANSWER))
            except (OSError, ValueError):
                raise InputError(
                    f"{scheduler}: no scheduler answers there, expected one as at "
                    "tcp://host:8786; start it with `python -m dask scheduler`"
                ) from None
            expected = facts() | {"bits": bits()}
        client.subscribe_topic(Handshake.name, report)
        client.register_plugin(Handshake(expected))
        stack.callback(client.unregister_worker_plugin, Handshake.name)
        await_worker(client)
        yield client


def workers(jobs: int) -> LocalCluster:
    """Start a scheduler and workers on this machine, a training at a time on each."""
    return LocalCluster(
        n_workers=jobs, threads_per_worker=1, memory_limit=None,
        dashboard_address=":0", silence_logs="CRITICAL",
    )  # fmt: skip


def report(event: tuple[float, str]) -> None:
    """Print the line of a worker that was refused."""
    print(f"cluster: {event[1]}", file=sys.stderr, flush=True)


def await_worker(client: Client) -> None:
    """Wait until there is a worker that may train."""
    address = client.scheduler_info()["address"]
    given_up = time.monotonic() + PATIENCE
    while not any(
        v is True for v in client.run(is_accepted, on_error="return").values()
    ):
        if time.monotonic() > given_up:
            raise InputError(
                f"{address}: no worker to train on; start one with "
                f"`python -m dask worker {address}`"
            )
        time.sleep(0.2)


def is_accepted() -> bool:
    """Tell whether this process may train."""
    return accepted


def results(
    client: Client, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[int, Any]]:
    """Make calls on the workers, and give each one's index and result as they come.

    A call whose worker dies is made again on another.

    Raises:
        InputError: a call outlived none of the workers it was made on.
    """
    futures = {
        client.submit(alone, function, *call, pure=False): index
        for index, call in enumerate(calls)
    }
    for future in as_completed(futures):
        try:
            yield futures[future], future.result()
        except KilledWorker:
            raise InputError(
                "each worker that a training was given to has died; look into their "
                "logs, and give them more memory or time"
            ) from None


def alone(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function while this worker does nothing else."""
    if not accepted:  # refused, and about to close: another worker takes it
        raise Reschedule
    with ONE_AT_A_TIME:
        return function(*args)
