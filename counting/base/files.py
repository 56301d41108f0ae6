"""Files that are complete or absent, with the same bytes on every machine.

Text is UTF-8 with LF; JSON is sorted; numbers are written with fixed digits. A file
is first written beside its final name, as `.partial-<process>-<name>`, and moved there
once all of it is on disk; so a process may be killed at any moment.
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

DIGITS = 6  # of every share and loss that is written to a tracked file
ABANDONED = 3600.0  # seconds after which nobody is still writing a partial file

Content = str | bytes | Iterable[bytes]


def write(contents: Mapping[Path, Content]) -> None:
    """Write files, each complete; while one cannot be written, none is replaced.

    A content may come in chunks of bytes, of which one at a time is held; those of one
    file are asked for after those of the file before it.

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
            with suppress(OSError):  # as on a file system that is read-only
                partial.unlink(missing_ok=True)


def make_room(path: Path) -> None:
    """Make the folder of a file, without what killed processes left of it there."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    for partial in path.parent.glob(f".partial-*-{path.name}"):
        if time.time() - partial.stat().st_mtime > ABANDONED:
            partial.unlink(missing_ok=True)


def write_partial(partial: Path, path: Path, content: Content) -> None:
    """Write what is to be `path`, and wait until the disk has it."""
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
    """Let an OSError name the file that was meant, not a temporary one or none."""
    try:
        yield
    except OSError as error:
        if error.filename is None or ".partial-" in str(error.filename):
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF, whatever the platform's habits."""
    write({path: text})


def write_json(path: Path, content: Any) -> None:
    """Write sorted, indented JSON."""
    write({path: as_json(content)})


def as_json(content: Any) -> str:
    """Give sorted, indented JSON."""
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Give a CSV with floats at a fixed number of digits, quoted where it must be."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """Format one value of a CSV."""
    return f"{value:.{DIGITS}f}" if isinstance(value, float) else value


def read_bytes(path: Path, again: str) -> bytes:
    """Read a file that another stage wrote; `again` says how to make it again.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "not found"
        raise InputError(f"{path}: {found}, expected a file; {again}")
    with naming(path):
        return path.read_bytes()


def read_text(path: Path) -> str:
    """Read UTF-8, with an error that says where the bytes stop being text."""
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
    """Read JSON that another stage wrote; `again` says how to make it again.

    Raises:
        InputError: it is missing, or stops being JSON somewhere.
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
