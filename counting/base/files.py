"""Files that are complete or absent, with the same bytes on every machine.

Text is UTF-8 with LF; JSON is sorted; numbers are written with fixed digits. A file
is first written beside its final name, as `.partial-<process>-<name>`, and moved there
once all of it is on disk; so a process may be killed at any moment.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from counting.base.cli import InputError, in_words

DIGITS = 6  # of every share and loss that is written to a tracked file


def write(contents: Mapping[Path, str | bytes]) -> None:
    """Write files, each complete; while one cannot be written, none is replaced.

    Raises:
        OSError: with the name of the file that the system refused.
        InputError: a file could not be replaced after others were; it names them.
    """
    partials: dict[Path, Path] = {}
    replaced: list[str] = []
    try:
        for path, content in contents.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_abandoned(path)
            partials[path] = path.with_name(f".partial-{os.getpid()}-{path.name}")
            with naming(path):
                write_partial(partials[path], content)
        for path, partial in partials.items():
            with naming(path):
                partial.replace(path)
            replaced.append(str(path))
    except OSError as error:
        if replaced:
            new = f"; already new: {', '.join(replaced)}"
            raise InputError(in_words(error) + new) from None
        raise
    finally:
        for partial in partials.values():
            with suppress(OSError):  # as on a file system that is read-only
                partial.unlink(missing_ok=True)


def write_partial(partial: Path, content: str | bytes) -> None:
    """Write bytes, or text as UTF-8, and wait until the disk has them."""
    with partial.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def remove_abandoned(path: Path) -> None:
    """Remove what processes that are gone left behind of `path`."""
    for partial in path.parent.glob(f".partial-*-{path.name}"):
        process = partial.name.split("-")[1]
        if process.isdecimal() and not is_running(int(process)):
            partial.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Tell whether a process of this number exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError name the file that was meant, not a temporary one or none."""
    try:
        yield
    except OSError as error:
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


def as_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Give a CSV with floats at a fixed number of digits."""
    lines = [",".join(header), *(",".join(map(cell, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def cell(value: Any) -> str:
    """Format one value of a CSV."""
    return f"{value:.{DIGITS}f}" if isinstance(value, float) else str(value)


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
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8 ({error.reason}); "
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
