"""Loops compiled to machine code (Numba), which is kept on disk.

What a compiled function computes is the same to the bit on every processor, by how it
is written and not by which library kernel a processor is given:

- Nothing is reordered or contracted: fast-math is off, and where a product and a sum
  are one operation, the code says `fma` (math.py), which IEEE 754 defines to the bit.
- A sum keeps the order that the code gives it. What is computed side by side, in
  vectors as wide as the processor has them, does not depend on each other.

Machine code is kept in one file a function and signature, without an index, since
Numba's own index can be overwritten by a second process, which is then given the code
of another function. The name of a file is a digest of all that determines its content;
the content begins with its own digest, and is written aside and moved. So nothing is
ever updated, and a file that is missing, cut short or damaged costs one compilation.
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
    """Compile a function of arrays and numbers; a division by zero is an infinity."""
    dispatcher = njit(error_model="numpy")(function)
    dispatcher._cache = Kept(function)
    return cast(F, dispatcher)


def inlined(function: F) -> F:
    """Let compiled functions call a function, which is compiled into them."""
    return cast(F, register_jitable(function))


def portability_warning() -> str | None:
    """Say why this machine's bits are its own, or None where they are everybody's."""
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
    """Refuse to go on without machine code.

    Raises:
        InputError: Numba is told to compile nothing.
    """
    if config.DISABLE_JIT:
        raise InputError(
            "NUMBA_DISABLE_JIT is set, expected machine code, which the engine is made "
            "of: unset it, or use engine: autograd"
        )


@cache
def cache_key(source: Path) -> bytes:
    """Digest what machine code depends on beside its function: sources and versions."""
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
    """Give a file and all files of this project that it imports, directly or not.

    A compiled function sees the constants of its module, whose values are compiled in,
    and the functions that it calls, wherever they are.
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
    """Where a dispatcher of Numba looks for its machine code, and leaves it.

    The interface is Numba's own (numba.core.caching), so it rests on the pin.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    @property
    def cache_path(self) -> str:
        """Where the files are."""
        return str(FOLDER)

    def path(self, signature: Any, codegen: Any) -> Path:
        """Name the file of a signature, for this processor."""
        function = self.function
        names = (function.__module__, function.__qualname__, function.__code__.co_code)
        facts = (*names, str(signature), codegen.magic_tuple())
        source = Path(function.__code__.co_filename)
        key = hashlib.sha256(cache_key(source) + repr(facts).encode())
        return FOLDER / f"{function.__name__}-{key.hexdigest()}"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Give the machine code of a signature, or None where there is none to use."""
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
        """Keep the machine code of a signature, if the disk will have it."""
        path = self.path(sig, data.codegen)
        content = serialize.dumps(data._reduce())
        partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
        with suppress(OSError):
            FOLDER.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(hashlib.sha256(content).digest() + content)
            partial.replace(path)

    def enable(self) -> None:
        """Part of the interface; it is always on."""

    def disable(self) -> None:
        """Part of the interface; it is always on."""

    def flush(self) -> None:
        """Part of the interface; nothing is held back."""
