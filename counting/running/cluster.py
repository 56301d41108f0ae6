"""Trainings on the workers of dask.distributed, with the same bits as on this machine.

A worker that connects is compared with the machine that asks: the code of `counting`,
the versions of the libraries, and the weights after a few steps of training. One that
differs is refused, in one line. Each other one is given a resource of dask's, which
every training asks for, so that it gets one training at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
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

from counting.base.errors import InputError
from counting.base.models import CopyHead, Model, Recipe
from counting.running.origin import facts
from counting.training import loop
from counting.training.batches import Windows

SCHEDULER_TIMEOUT = 10.0  # seconds that a scheduler is given to answer
WORKER_TIMEOUT = 60.0  # seconds that the first worker is given to connect
OUTSIDE = "it cannot load counting ({}): start it in a clone"

PROBE = Model(
    recurrence="gru", hidden_size=64, recipe="probe", batch_size=16, learning_rate=0.01,
    copy_head=CopyHead(reach=10, sharpness=4.0, no_copy=0.2),
)  # fmt: skip
PROBE_RECIPE = Recipe(sampling="windows", steps=5, bptt=40, optimizer="adam")


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
    for name, here in facts().items():
        if here != (there := expected.get(name, "absent")):
            if name == "code":
                return "its code in counting/ differs: check out the same commit"
            return f"{name} is {here}, expected {there}: `make setup` there"
    if "bits" in expected and bits() != expected["bits"]:
        return "a few steps of training come to other bits on its processor"
    return None


class Handshake(WorkerPlugin):
    """Runs on every worker before its first task, and closes one that differs.

    It is sent as code, not by name, so that a worker without `counting` can answer.
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
            fault: str | None = OUTSIDE.format(error)
        else:
            fault = await asyncio.to_thread(cluster.difference, self.expected)
        if fault is None:
            await worker.set_resources(**{self.resource: 1})
            return
        line = f"{worker.address} refused: {fault}"
        worker.log_event(self.name, line)
        worker.loop.add_callback(worker.close, reason=line)


cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Workers:
    """The workers of a scheduler that do not differ from this machine, early and late.

    Raises:
        InputError: none connected within `WORKER_TIMEOUT`.
    """

    def __init__(self, client: Client, handshake: Handshake) -> None:
        self.client, self.resource = client, handshake.resource
        deadline = time.monotonic() + WORKER_TIMEOUT
        while not self.are_there():
            if time.monotonic() > deadline:
                address = client.scheduler_info()["address"]
                raise InputError(
                    f"{address}: no worker to train on; start one in a clone with "
                    f"`python -m dask worker {address}`"
                )
            time.sleep(0.2)

    def are_there(self) -> bool:
        """Tell whether one has been admitted."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        return any(self.resource in worker["resources"] for worker in workers)

    def results(
        self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]:
        """Make calls, one at a time per worker; give index and result as they end.

        A call whose worker dies is made again on another worker.

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
                    "a training failed, since each worker that it was given to died; "
                    "look into their logs, and give them more memory or time"
                ) from None


@contextmanager
def connect(scheduler: str | None = None, jobs: int = 1) -> Iterator[Workers]:
    """Connect to a scheduler, or start workers on this machine if none is named.

    Raises:
        InputError: there is no scheduler, or every worker differs from this machine.
    """
    with ExitStack() as stack:
        expected = facts()
        if scheduler is None:
            here = LocalCluster(
                n_workers=jobs, threads_per_worker=1, memory_limit=None,
                dashboard_address=":0", silence_logs="CRITICAL",
            )  # fmt: skip
            client = stack.enter_context(Client(stack.enter_context(here)))
        else:
            try:
                client = stack.enter_context(
                    Client(scheduler, timeout=SCHEDULER_TIMEOUT)
                )
            except (OSError, ValueError):
                raise InputError(
                    f"{scheduler}: no scheduler answers there, expected one as at "
                    "tcp://host:8786; start it with `python -m dask scheduler`"
                ) from None
            expected["bits"] = bits()  # workers on this machine need not prove them
        handshake = Handshake(expected)
        client.subscribe_topic(Handshake.name, report)
        client.register_plugin(handshake)
        stack.callback(unregister, client)
        yield Workers(client, handshake)


def unregister(client: Client) -> None:
    """Admit no more workers."""
    with suppress(KeyError):  # a worker that is just coming or going has no plugin yet
        client.unregister_worker_plugin(Handshake.name)


def report(event: tuple[float, str]) -> None:
    """Print the line of a worker that was refused."""
    print(f"cluster: {event[1]}", file=sys.stderr, flush=True)
