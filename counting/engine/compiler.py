"""Loops compiled to machine code by Numba, which is kept on disk.

A compiled function gives the same bits on every processor because of how it is written,
where a library would choose a kernel by the processor:

- No operation is reordered or merged: fast-math is off, and where a product and a sum
  are one operation, the code says `fma` (math.py), which IEEE 754 defines to the bit.
- A sum is taken in the order that the code gives. Values that are computed side by
  side, in vectors as wide as the processor has them, do not depend on one another.

Machine code is kept in a file per function and signature, without an index: two
processes can overwrite each other's entries in Numba's index, and then load the code of
another function. A file is named by a digest of all that its content depends on. The
content begins with its own digest, and is moved there once it is complete. So no file
is ever updated, and one that is missing or damaged costs one compilation.
"""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

from llvmlite import binding
from numba import config, njit
from numba.core import caching, compiler, serialize
from numba.extending import register_jitable

from counting.base.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("COUNTING_COMPILED", ROOT / ".compiled"))
DIGEST = 32  # bytes of SHA-256


def jit(function: F) -> F:
    """Compile a function of arrays and numbers; dividing by zero gives an infinity."""
    dispatcher = njit(error_model="numpy")(function)
    dispatcher._cache = Kept(function)
    return cast(F, dispatcher)


def inlined(function: F) -> F:
    """Make a function callable by compiled functions; it is compiled into them."""
    return cast(F, register_jitable(function))


def portability_warning() -> str | None:
    """Say why bits of this machine may not match others'; None where they do."""
    features = binding.get_host_cpu_features()
    arm = platform.machine() in ("aarch64", "arm64")  # fma is part of it
    if arm or all(features.get(name) for name in ("avx2", "fma")):
        return None
    return (
        f"this processor ({binding.get_host_cpu_name()}) has no AVX2 or no FMA; "
        "everything works, but the bits are this machine's own and will not match "
        "dvc.lock"
    )


def check() -> None:
    """Check that Numba compiles, since the engine cannot run as plain Python.

    Raises:
        InputError: Numba's compilation is switched off.
    """
    if config.DISABLE_JIT:
        raise InputError(
            "NUMBA_DISABLE_JIT is set, expected it unset, since the engine is compiled "
            "code: unset it, or use engine: autograd"
        )


@cache
def cache_key(source: Path) -> bytes:
    """Digest what the machine code of a module depends on: sources and versions."""
    facts = [version(name) for name in ("numba", "llvmlite", "numpy")]
    facts += [sys.version, platform.platform()]
    facts += [
        f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("NUMBA")
    ]
    digest = hashlib.sha256(repr(facts).encode())
    for path in sorted(imported(source, set())):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def imported(source: Path, found: set[Path]) -> set[Path]:
    """Collect a file and all files of this project that it imports, directly or not.

    Constants of a module and the functions that it calls are compiled into its machine
    code, wherever they are defined.
    """
    found.add(source)
    for node in ast.walk(ast.parse(source.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        for name in names:
            path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if path.is_file() and path not in found:
                imported(path, found)
    return found


class Kept(caching._Cache):  # type: ignore[misc]
    """The cache on disk of one compiled function, which Numba's dispatcher calls.

    The interface is internal to Numba (numba.core.caching): other versions may differ.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    @property
    def cache_path(self) -> str:
        """The folder of the files."""
        return str(FOLDER)

    def path(self, signature: Any, codegen: Any) -> Path:
        """Name the file of a signature, compiled for this processor."""
        function = self.function
        names = (function.__module__, function.__qualname__, function.__code__.co_code)
        facts = (*names, str(signature), codegen.magic_tuple())
        source = Path(function.__code__.co_filename)
        key = hashlib.sha256(cache_key(source) + repr(facts).encode())
        return FOLDER / f"{function.__name__}-{key.hexdigest()}"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the machine code of a signature; None if it is missing or damaged."""
        target_context.refresh()
        try:
            found = self.path(sig, target_context.codegen()).read_bytes()
        except OSError:
            return None
        digest, content = found[:DIGEST], found[DIGEST:]
        if hashlib.sha256(content).digest() != digest:
            return None
        state = pickle.loads(content)  # written by this very package
        return compiler.CompileResult._rebuild(target_context, *state)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the machine code of a signature, unless the disk refuses it."""
        path = self.path(sig, data.codegen)
        content = serialize.dumps(data._reduce())
        partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
        with suppress(OSError):
            FOLDER.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(hashlib.sha256(content).digest() + content)
            partial.replace(path)

    def enable(self) -> None:
        """Do nothing, as it is always on; part of the interface."""

    def disable(self) -> None:
        """Do nothing, as it is always on; part of the interface."""

    def flush(self) -> None:
        """Do nothing, as nothing is buffered; part of the interface."""
