"""A training that is stopped loses nothing: its whole state is kept on disk.

States are in a scratch folder that git and DVC ignore, since DVC deletes a stage's
outputs before it runs it. A state is keyed by everything that determines the result;
one with another key, or a damaged one, is set aside and never used.

On disk: a line with the key and the SHA-256 of the rest, then the rest, safetensors.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from counting.base import files
from counting.base.checkpoint import Arrays
from counting.base.errors import InputError
from counting.running.cli import PARENT

SCRATCH = Path(".resume")
LOCK_TIMEOUT = 60.0  # seconds that another training of the variant is given to end
LIBRARIES = ("torch", "numba", "llvmlite", "numpy", "safetensors")
STOPPING = (signal.SIGINT, signal.SIGTERM)
RUNNING = "counting.running"


class Stopped(SystemExit):
    """The training was asked to stop, and has saved its state; exits 128 + signal."""


def fingerprint(settings: Any, paths: Iterable[Path]) -> str:
    """Digest what determines a training: settings, files, code, versions, kernels.

    Args:
        settings: whatever of the parameters it depends on, as JSON can hold it.
        paths: the data, and the stage's own file; the rest of the code is every
            module of `counting` that is loaded, but for those that only run things.
    """
    code = [
        Path(module.__file__)
        for name, module in sys.modules.items()
        if name.startswith("counting") and not name.startswith(RUNNING)
        if module.__file__
    ]
    facts = {
        "settings": settings,
        "files": sorted((path.name, digest_file(path)) for path in paths),
        "code": sorted((path.name, digest_file(path)) for path in code),
        "versions": {n: version(n) for n in LIBRARIES if n in sys.modules},
    }
    return digest(json.dumps(facts, sort_keys=True).encode())


def digest(content: bytes) -> str:
    """Give the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """Give the SHA-256 of a file, a part of which is held at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keep a second training of the same variant out while this one runs.

    One whose `dvc repro` was killed ends by itself with its next step, the first of
    which waits for the compiler; so another is given `LOCK_TIMEOUT` to end.

    Raises:
        InputError: there is one, and it goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting_since = None
    with (folder / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waiting_since is None:
                    waiting_since = time.monotonic()
                    text = f"train: another process trains {folder.name}: waiting"
                    print(text, flush=True)
                elif time.monotonic() - waiting_since > LOCK_TIMEOUT:
                    raise InputError(
                        f"{folder}: another process trains {folder.name}, expected "
                        "none; wait for it to end, or stop it"
                    ) from None
                time.sleep(0.1)
        yield


@dataclass
class Keeper:
    """Saves the state of a training every so many steps, and when it is to stop."""

    path: Path
    key: str
    every: int
    stop: StopRequest

    def load(self) -> Arrays | None:
        """Give the state of an earlier training of the same, if there is one.

        A state that cannot be used is set aside with a line.
        """
        if not self.path.is_file():
            return None
        header, _, content = self.path.read_bytes().partition(b"\n")
        key, _, sha256 = header.decode("ascii", "replace").partition(" ")
        is_whole = sha256 == digest(content)
        if is_whole and key == self.key:
            state = from_bytes(content)
            done = len(state["curves"])
            print(f"train: {self.path} found: going on after step {done}", flush=True)
            return state
        others = "belongs to other parameters, data, code or versions"
        reason = others if is_whole else "is damaged"
        aside = self.path.with_suffix(".aside")
        self.path.replace(aside)
        print(f"train: the saved state {self.path} {reason}; set aside as {aside.name}")
        return None

    def after(self, step: int, steps: int, snapshot: Callable[[], Arrays]) -> None:
        """Save the state after a step, of so many, where it is time to.

        Raises:
            Stopped: a signal asked to; the state is saved.
        """
        asked = bool(self.stop)  # one look: a signal may come between two
        if asked or step % self.every == 0 or step == steps:
            arrays = {k: np.asarray(v, order="C") for k, v in snapshot().items()}
            content = to_bytes(arrays)
            header = f"{self.key} {digest(content)}\n".encode()
            files.write({self.path: header + content})
        if asked:
            raise Stopped(128 + self.stop.signal)


class StopRequest:
    """Whether a training was asked to stop: by a signal, or since its DVC has gone."""

    def __init__(self) -> None:
        self.signal = 0
        self.watch_parent = "DVC_STAGE" in os.environ

    def note(self, number: int, _: FrameType | None) -> None:
        """Remember a signal."""
        self.signal = number

    def __bool__(self) -> bool:
        if not self.signal and self.watch_parent and os.getppid() != PARENT:
            self.signal = signal.SIGHUP
        return bool(self.signal)


@contextmanager
def stop_signals() -> Iterator[StopRequest]:
    """Collect SIGINT and SIGTERM instead of dying of them at once."""
    stop = StopRequest()
    main = threading.current_thread() is threading.main_thread()  # others get none
    before = {number: signal.getsignal(number) for number in STOPPING if main}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop.note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
