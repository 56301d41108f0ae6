"""What weights depend on beside their parameters: the code, and its libraries."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from counting.base import files
from counting.running import source

ROOT = Path(__file__).parents[2]
FOLDERS = ("base", "text", "networks", "engine", "training", "evaluation")
LIBRARIES = ("llvmlite", "num2words", "numba", "numpy", "torch")


def facts() -> dict[str, str]:
    """Give the digest of the code and the version of each library."""
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
    """Give the version of a library, loaded or not, without its build: 2.13.0+cpu."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return "absent"
