"""Nothing lost: the whole state of a training on disk, to go on from after a stop.

States live in a scratch folder that git and DVC ignore, since DVC deletes a stage's
outputs before it runs it. A state is keyed by everything that determines the result;
one with another key, or a damaged one, is set aside and never used.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from stages.counting import files

SCRATCH = Path(".resume")
LIBRARIES = ("torch", "numpy", "safetensors")

State = dict[str, Tensor]


class Stopped(SystemExit):
    """The training was asked to stop, and has saved its state; exits 128 + signal."""


def key_of(settings: Any, data: Iterable[Path]) -> str:
    """Digest what determines a training: settings, data, code, versions, kernels."""
    modules = [m for name, m in sorted(sys.modules.items()) if name.startswith("stages")]
    code = [Path(m.__file__) for m in modules if m.__file__]
    entry = getattr(sys.modules["__main__"], "__file__", None)
    paths = [*data, *code, *([Path(entry)] if entry else [])]
    facts = {
        "settings": settings,
        "files": [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths],
        "versions": {name: version(name) for name in LIBRARIES},
        "kernels": {k: v for k, v in os.environ.items() if k in KERNELS},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


KERNELS = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA")


def save(path: Path, key: str, state: State) -> None:
    """Write a state, complete or not at all."""
    with files.replacing(path) as partial:
        save_file(state, partial, metadata={"key": key})


def load(path: Path, key: str) -> State | None:
    """Read the state under `key`; one that cannot be used is set aside with a line."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("key") == key:
                return {name: file.get_tensor(name) for name in file.keys()}
            reason = "belongs to other parameters, data, code or versions"
    except (SafetensorError, OSError) as error:
        reason = f"is damaged ({error})"
    aside = path.with_suffix(".aside")
    path.replace(aside)
    print(f"train: the saved state {path} {reason}; set aside as {aside.name}")
    return None


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM in a list instead of dying of them at once."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    before = {n: signal.signal(n, note) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
