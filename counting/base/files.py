"""Files that are complete or absent, with the same bytes on every machine.

Text is UTF-8 with LF, JSON is sorted, floats have a fixed number of decimals. A file is
first written beside its final name, as `.partial-<process>-<name>`, and moved there
once all of it is on disk. So a process may be killed at any moment.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any

from counting.base.errors import InputError

DIGITS = 6  # decimals of every share and loss that is written to a tracked file
ABANDONED = 3600.0  # seconds after which a partial file was left by a killed process

Content = str | bytes | Iterable[bytes]


def write(contents: Mapping[Path, Content]) -> None:
    """Write files, each complete; if one of them cannot be written, none is replaced.

    A content may be an iterator of chunks. They are read in the order of the files, and
    one at a time is held in memory.

    Raises:
        OSError: with the name of the file that the system refused.
    """
    partials = {
        path: path.with_name(f".partial-{os.getpid()}-{path.name}") for path in contents
    }
    try:
        for path in contents:
            with naming(path):
                make_room(path)
        for path, content in contents.items():
            write_partial(partials[path], path, content)
        for path, partial in partials.items():
            with naming(path):
                partial.replace(path)
    finally:
        for partial in partials.values():
            with suppress(OSError):  # such as: the file system is read-only
                partial.unlink(missing_ok=True)


def make_room(path: Path) -> None:
    """Make the folder of a file, and remove partial files that were abandoned there."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    for partial in path.parent.glob(f".partial-*-{path.name}"):
        with suppress(FileNotFoundError):  # another process has just completed it
            if time.time() - partial.stat().st_mtime > ABANDONED:
                partial.unlink()


def write_partial(partial: Path, path: Path, content: Content) -> None:
    """Write the partial file of `path`, and wait until all of it is on disk."""
    if isinstance(content, str):
        content = content.encode()
    chunks = [content] if isinstance(content, bytes) else content
    with naming(path), partial.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Make an OSError name this file, where it names its partial file or none."""
    try:
        yield
    except OSError as error:
        if error.filename is None or ".partial-" in str(error.filename):
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF, whatever the platform's defaults."""
    write({path: text})


def write_json(path: Path, content: Any) -> None:
    """Write sorted, indented JSON."""
    write({path: as_json(content)})


def as_json(content: Any) -> str:
    """Give sorted, indented JSON."""
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Give a CSV: floats with `DIGITS` decimals, quotes only where they are needed."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """Format one value of a CSV."""
    return f"{value:.{DIGITS}f}" if isinstance(value, float) else value


def read_bytes(path: Path, again: str) -> bytes:
    """Read a file that another stage wrote; `again` tells users how to make it again.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "not found"
        raise InputError(f"{path}: {found}, expected a file; {again}")
    with naming(path):
        return path.read_bytes()


def read_text(path: Path) -> str:
    """Read UTF-8, with or without a byte order mark.

    Raises:
        InputError: it is not UTF-8; the error names the line.
    """
    with naming(path):
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte {error.start} is not UTF-8 ({error.reason}); "
            "save the file as UTF-8"
        ) from None


def read_json(path: Path, again: str) -> Any:
    """Read JSON that another stage wrote; `again` tells users how to make it again.

    Raises:
        InputError: it is missing, or not JSON.
    """
    content = read_bytes(path, again)
    try:
        return json.loads(content.decode("utf-8"))
    except json.JSONDecodeError as error:
        reason = f"{error.msg}, line {error.lineno}"
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
    except RecursionError:
        reason = "too many brackets"
    raise InputError(f"{path}: expected JSON, found {reason}; it is damaged: {again}")
