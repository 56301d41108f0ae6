"""Texts on disk, one spelled-out number a line, read some lines at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from counting.base import files
from counting.base.errors import InputError, abbreviate

SEPARATOR = ","  # the token between two numbers
LINES = 4096  # that are read at once
CHUNK = 2**20  # bytes copied at once

# what no line may have, and what mends it
REFUSED = {
    SEPARATOR: f"the separator {SEPARATOR!r}; expected one number a line: split it",
    "\0": "a NUL byte; expected text: save the file as UTF-8, or correct the line",
    "\ufeff": "a byte order mark (U+FEFF) amid the text: remove it",
    "\r": "a carriage return amid it; save the file with LF or CRLF line ends",
}


def read_numbers(path: Path) -> Iterator[list[str]]:
    """Read the words of a text, some thousand numbers at a time.

    The separator stands between the numbers of one list; it is missing between lists.
    Blank lines, trailing blanks and CRLF are read over, since data sets have them.

    Raises:
        InputError: the file is missing, not UTF-8, without a number, or has a line
            that cannot be one number.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: not found; expected one spelled-out number a line: "
            "run `dvc repro spell`"
        )
    numbers: list[str] = []
    empty = True
    for _, line in read_lines(path):
        if not line.strip():
            continue
        empty = False
        numbers.append(line)
        if len(numbers) == LINES:
            yield f" {SEPARATOR} ".join(numbers).split()
            numbers = []
    if numbers:
        yield f" {SEPARATOR} ".join(numbers).split()
    if empty:
        raise InputError(
            f"{path}: 0 numbers in it, expected one spelled-out number a line: "
            "fill the file, or run `dvc repro spell`"
        )


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines of a text, numbered as an editor counts, without their ends.

    Raises:
        InputError: bytes are not UTF-8, or a line has what `REFUSED` lists.
    """
    offset = 0
    with files.naming(path), path.open("rb") as file:
        for number, content in enumerate(file, start=1):
            try:
                line = content.decode("utf-8" if offset else "utf-8-sig").rstrip()
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path}, line {number}: byte {offset + error.start} is not UTF-8 "
                    f"({error.reason}); save the file as UTF-8"
                ) from None
            if found := [reason for bad, reason in REFUSED.items() if bad in line]:
                raise InputError(
                    f"{path}, line {number}: {abbreviate(line)} has {found[0]}"
                )
            yield number, line
            offset += len(content)


# --- texts of one's own ---------------------------------------------------------------


def texts(folder: Path) -> dict[str, Path]:
    """Give the texts of a folder by name, train first.

    Raises:
        InputError: there is no such folder, or no train.txt or valid.txt in it.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.txt"))}
    for name in ("train", "valid"):
        if name not in found:
            raise InputError(
                f"{folder / name}.txt: not found; expected one spelled-out number or "
                "sentence a line: put it there, or set spell.texts: numbers in "
                "params.yaml"
            )
    return {"train": found.pop("train")} | found


def refuse(folder: Path) -> None:
    """Refuse texts where none are read, as numbers are spelled.

    Raises:
        InputError: there are some.
    """
    for path in folder.glob("*.txt"):
        raise InputError(
            f"{path}: is not read, as spell.texts: numbers spells numbers; expected "
            "your texts in a folder beside that one: move them, and name it there"
        )


def copied(path: Path) -> Iterator[bytes]:
    """Give a file's bytes, some at a time."""
    with files.naming(path), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
