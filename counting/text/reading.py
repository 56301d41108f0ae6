"""Texts on disk, one spelled-out number per line, read some lines at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from counting.base import files
from counting.base.errors import InputError, abbreviate

SEPARATOR = ","  # the token between two numbers
LINES = 4096  # read at once
CHUNK = 2**20  # bytes copied at once

# what no line may contain: what an error says of it
REFUSED = {
    SEPARATOR: f"the separator {SEPARATOR!r}; expected one number per line: split it",
    "\0": "a NUL byte; expected text: save the file as UTF-8, or correct the line",
    "\ufeff": "a byte order mark (U+FEFF) inside the text: remove it",
    "\r": "a carriage return inside it; save the file with LF or CRLF line ends",
}


def read_numbers(path: Path) -> Iterator[list[str]]:
    """Read the words of a text, some thousand numbers at a time.

    Each list has the separator between its numbers, and none at its end. Blank lines,
    trailing blanks and CRLF are ignored, since data sets have them.

    Raises:
        InputError: the file is missing, not UTF-8, without a number, or has a line
            that cannot be one number.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: not found; expected one spelled-out number per line: "
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
            f"{path}: 0 numbers in it, expected one spelled-out number per line: "
            "fill the file, or run `dvc repro spell`"
        )


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give each line of a text, without its end, and its number, counted from one.

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


# --- texts of your own ----------------------------------------------------------------


def texts(folder: Path) -> dict[str, Path]:
    """Give the paths of a folder's texts by name, train first.

    Raises:
        InputError: there is no such folder, or no train.txt or valid.txt in it.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.txt"))}
    for name in ("train", "valid"):
        if name not in found:
            raise InputError(
                f"{folder / name}.txt: not found; expected one spelled-out number or "
                "sentence per line: put it there, or set spell.texts: numbers in "
                "params.yaml"
            )
    return {"train": found.pop("train")} | found


def refuse(folder: Path) -> None:
    """Refuse texts in the folder that spell.texts: numbers would name.

    Raises:
        InputError: there are some.
    """
    for path in folder.glob("*.txt"):
        raise InputError(
            f"{path}: is not read, since spell.texts: numbers spells numbers; expected "
            "texts in a folder of another name: move them, and set spell.texts to it"
        )


def copied(path: Path) -> Iterator[bytes]:
    """Give a file's bytes in chunks."""
    with files.naming(path), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
