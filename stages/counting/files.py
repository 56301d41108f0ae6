"""Files that are complete or absent, with the same bytes on every machine.

Text is UTF-8 with LF; JSON is sorted; numbers are written with fixed digits.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages.counting.cli import InputError

DIGITS = 6  # of every share and loss that is written to a tracked file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and move it there once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    except OSError as error:
        error.filename = str(path)
        raise
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def _umask() -> int:
    """Read the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` under its final name only once all of it is on disk."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF, whatever the platform's habits."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write sorted, indented JSON."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a CSV with floats at a fixed number of digits."""
    lines = [",".join(header), *(",".join(map(cell, row)) for row in rows)]
    write_text(path, "\n".join(lines) + "\n")


def cell(value: Any) -> str:
    """Format one value of a CSV."""
    return f"{value:.{DIGITS}f}" if isinstance(value, float) else str(value)


def read_text(path: Path) -> str:
    """Read UTF-8, with an error that says where the bytes stop being text."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8 ({error.reason}); "
            "save the file as UTF-8"
        ) from None


def read_json(path: Path) -> Any:
    """Read JSON, with an error that says where it stops being JSON."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: not JSON ({error.msg}, line {error.lineno}); "
            "it is damaged or unfinished: run the stage that writes it again"
        ) from None
