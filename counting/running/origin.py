"""What weights depend on beside their parameters: the code, and its libraries."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from counting.base import files

ROOT = Path(__file__).parents[2]
FOLDERS = ("base", "text", "networks", "engine", "training", "evaluation")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
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
            text = code_of(files.read_text(path))
            digest.update(f"{path.relative_to(ROOT).as_posix()}\n{text}\0".encode())
    return digest.hexdigest()


def code_of(source: str) -> str:
    """Give the lines of a Python module that do something, the same on every Python."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            text = node.body[0]
            for row in range(text.lineno, (text.end_lineno or text.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(kept for line in lines if (kept := line.rstrip()))


def installed(name: str) -> str:
    """Give the version of a library, loaded or not, without its build: 2.13.0+cpu."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return "absent"
