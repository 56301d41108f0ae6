"""A training that is stopped loses nothing: its whole state is kept on disk.

States are in a scratch folder that git and DVC ignore, since DVC deletes a stage's
outputs before it runs it. The key of a state covers everything that determines the
result. A state with another key, or a damaged one, is set aside and never used.

A file holds a line with the key and the SHA-256 of the rest; the rest is safetensors.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from counting.base import files
from counting.base.checkpoint import Arrays
from counting.base.errors import InputError
from counting.running import origin
from counting.running.cli import PARENT

SCRATCH = Path(".resume")
LOCK_TIMEOUT = 60.0  # seconds that another training of the variant is given to end
STOPPING = (signal.SIGINT, signal.SIGTERM)


class Stopped(SystemExit):
    """The training was asked to stop, and has saved its state; exits 128 + signal."""


def fingerprint(settings: Any, paths: Iterable[Path]) -> str:
    """Digest what determines a training: settings, files, code and versions.

    Args:
        settings: the parameters that it depends on, as JSON can hold them.
        paths: the data, and the stage's own file.
    """
    facts = {
        "settings": settings,
        "files": sorted((path.name, digest_file(path)) for path in paths),
        **origin.facts(),
    }
    return digest(json.dumps(facts, sort_keys=True).encode())


def digest(content: bytes) -> str:
    """Give the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """Give the SHA-256 of a file, reading it in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keep a second training of the same variant out while this one runs.

    A training whose `dvc repro` was killed ends by itself after its next step, and the
    first step waits for the compiler. So this one waits up to `LOCK_TIMEOUT` for it.

    Raises:
        InputError: the other training has not ended by then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deadline = None
    with (folder / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if deadline is None:
                    deadline = time.monotonic() + LOCK_TIMEOUT
                    text = f"train: another process trains {folder.name}: waiting"
                    print(text, flush=True)
                if time.monotonic() > deadline:
                    raise InputError(
                        f"{folder}: another process trains {folder.name}, expected "
                        "none; wait for it to end, or stop it"
                    ) from None
                time.sleep(0.1)
        yield


@dataclass
class Keeper:
    """Saves the state of a training every `every` steps, and when asked to stop."""

    path: Path
    key: str
    every: int
    stop: StopRequest

    def load(self) -> Arrays | None:
        """Give the state that an earlier run of this training saved, if there is one.

        A state that cannot be used is set aside, and a line says so.
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
        """Save the state after step `step` of `steps`, if it is due.

        Raises:
            Stopped: a signal asked to stop; the state is saved.
        """
        asked = bool(self.stop)  # asked once: a signal may come between two looks
        if asked or step % self.every == 0 or step == steps:
            arrays = {k: np.asarray(v, order="C") for k, v in snapshot().items()}
            content = to_bytes(arrays)
            header = f"{self.key} {digest(content)}\n".encode()
            files.write({self.path: header + content})
        if asked:
            raise Stopped(128 + self.stop.signal)


class StopRequest:
    """Whether a training was asked to stop: by a signal, or because DVC has died."""

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
    """Note SIGINT and SIGTERM instead of ending at once."""
    stop = StopRequest()
    before = {number: signal.getsignal(number) for number in STOPPING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop.note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
