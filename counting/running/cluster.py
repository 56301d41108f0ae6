"""Trainings on the workers of dask.distributed, with the same bits as on this machine.

A worker that connects shows what a result depends on: the code of `counting`, the
versions of libraries, and what a few steps of training come to there. One that differs
is refused, in one line. One that does not offers a resource of dask's, which every
training asks for, so that it gets one training at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from distributed import (
    Client,
    KilledWorker,
    LocalCluster,
    Worker,
    WorkerPlugin,
    as_completed,
)

from counting.base import files
from counting.base.errors import InputError
from counting.base.params import CopyHead, Model, Recipe
from counting.running import source
from counting.training import loop
from counting.training.batches import Windows

ANSWER = 10.0  # seconds that a scheduler is given to answer
PATIENCE = 60.0  # and the first worker, to connect
OUTSIDE = "it cannot load counting ({}): start it in a clone"
ROOT = Path(__file__).parents[2]
FOLDERS = ("base", "text", "networks", "engine", "training", "evaluation")
LIBRARIES = ("llvmlite", "num2words", "numba", "numpy", "torch")

PROBE = Model(
    recurrence="gru", hidden_size=64, recipe="probe", batch_size=16, learning_rate=0.01,
    copy_head=CopyHead(reach=10, sharpness=4.0, no_copy=0.2),
)  # fmt: skip
PROBE_RECIPE = Recipe(sampling="windows", steps=5, bptt=40, optimizer="adam")


def facts() -> dict[str, str]:
    """Give what a result depends on beside its parameters: code and versions."""
    return {"code": code()} | {name: installed(name) for name in LIBRARIES}


def code() -> str:
    """Digest the folders of `counting` that a training and its judging come from.

    Comments and docstrings are left out: a word mended in them changes no result.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "counting").glob("*/*.py")):
        if path.parent.name in FOLDERS:
            text = source.code_of(files.read_text(path))
            digest.update(f"{path.relative_to(ROOT).as_posix()}\n{text}\0".encode())
    return digest.hexdigest()


def installed(name: str) -> str:
    """Give the version of a library here, without what a builder added: 2.13.0+cpu."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return "absent"


def bits() -> str:
    """Give the md5 of the weights after a few steps of training on this machine."""
    windows = Windows(np.arange(500) % 29, PROBE_RECIPE, PROBE.batch_size, V=29)
    weights, _ = loop.train(PROBE, windows, seed=0)
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(weights):
        digest.update(weights[name].tobytes())
    return digest.hexdigest()


def difference(expected: dict[str, str]) -> str | None:
    """Say how this process differs from the one that asks, if it does."""
    found = facts()
    for name, here in found.items():
        if here != (there := expected.get(name, "absent")):
            if name == "code":
                return "its code in counting/ differs: check out the same commit"
            return f"{name} is {here}, expected {there}: `make setup` there"
    if "bits" in expected and bits() != expected["bits"]:
        return "a few steps of training come to other bits on its processor"
    return None


class Handshake(WorkerPlugin):
    """Runs on every worker before its first task, and closes one that differs.

    It travels as code, not by name, so that a worker without `counting` can answer.
    """

    name = "handshake"

    def __init__(self, expected: dict[str, str]) -> None:
        self.expected = expected
        text = json.dumps(expected, sort_keys=True)
        self.resource = hashlib.sha256(text.encode()).hexdigest()[:16]

    async def setup(self, worker: Worker) -> None:
        """Compare, in a thread of its own, so that the worker still answers."""
        try:
            from counting.running import cluster
        except ImportError as error:
            fault = OUTSIDE.format(error)
        else:
            found = await asyncio.to_thread(cluster.difference, self.expected)
            if found is None:
                await worker.set_resources(**{self.resource: 1})
                return
            fault = found
        line = f"{worker.address} refused: {fault}"
        worker.log_event(self.name, line)
        worker.loop.add_callback(worker.close, reason=line)


cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Workers:
    """The workers of a scheduler that are like this machine, and those still to come.

    Raises:
        InputError: none came within `PATIENCE`.
    """

    def __init__(self, client: Client, handshake: Handshake) -> None:
        self.client, self.resource = client, handshake.resource
        given_up = time.monotonic() + PATIENCE
        while not self.are_there():
            if time.monotonic() > given_up:
                address = client.scheduler_info()["address"]
                raise InputError(
                    f"{address}: no worker to train on; start one in a clone with "
                    f"`python -m dask worker {address}`"
                )
            time.sleep(0.2)

    def are_there(self) -> bool:
        """Tell whether there is one."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        return any(self.resource in worker["resources"] for worker in workers)

    def results(
        self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]:
        """Make calls, one at a time on each, and give index and result as they come.

        A call whose worker dies is made again on another.

        Raises:
            InputError: every worker that a call was given to has died.
        """
        exclusive = {self.resource: 1}
        futures = {
            self.client.submit(function, *call, pure=False, resources=exclusive): index
            for index, call in enumerate(calls)
        }
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except KilledWorker:
                raise InputError(
                    "each worker that a training was given to has died; look into "
                    "their logs, and give them more memory or time"
                ) from None


@contextmanager
def connect(scheduler: str | None = None, jobs: int = 1) -> Iterator[Workers]:
    """Connect to a scheduler, or start workers on this machine if none is named.

    Raises:
        InputError: there is no scheduler, or no worker that is like this machine.
    """
    with ExitStack() as stack:
        expected = facts()
        if scheduler is None:
            if jobs < 1:
                raise InputError(f"--jobs {jobs}: expected 1 or more trainings")
            here = LocalCluster(
                n_workers=jobs, threads_per_worker=1, memory_limit=None,
                dashboard_address=":0", silence_logs="CRITICAL",
            )  # fmt: skip
            client = stack.enter_context(Client(stack.enter_context(here)))
        else:
            try:
                client = stack.enter_context(Client(scheduler, timeout=ANSWER))
            except (OSError, ValueError):
                raise InputError(
                    f"{scheduler}: no scheduler answers there, expected one as at "
                    "tcp://host:8786; start it with `python -m dask scheduler`"
                ) from None
            expected["bits"] = bits()  # which this very machine need not prove
        handshake = Handshake(expected)
        client.subscribe_topic(Handshake.name, report)
        client.register_plugin(handshake)
        stack.callback(take_back, client)
        yield Workers(client, handshake)


def take_back(client: Client) -> None:
    """Let in no more workers."""
    with suppress(KeyError):  # one that is just coming or going has nothing to give
        client.unregister_worker_plugin(Handshake.name)


def report(event: tuple[float, str]) -> None:
    """Print the line of a worker that was refused."""
    print(f"cluster: {event[1]}", file=sys.stderr, flush=True)
