"""A text on disk, one spelled-out number a line, read a part at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from counting.base import files
from counting.base.errors import InputError, abbreviate

SEPARATOR = ","  # the token between two numbers
PART = 2**18  # bytes read at once, and the rest of the last line

MARK = "\ufeff"  # the byte order mark, which only the start of a file may have
# what no line may have, and what mends it
REFUSED = {
    SEPARATOR: f"the separator {SEPARATOR!r}; expected one number a line: split it",
    "\0": "a NUL byte; expected text: save the file as UTF-8, or correct the line",
    MARK: "a byte order mark (U+FEFF) amid the text: remove it",
}
# amid a line, a carriage return is a line end to some editors and none to others
RETURN = re.compile(r"\r(?=[^\S\n]*[^\s])")


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
    empty = True
    for _, text in read_parts(path):
        lines = filter(str.strip, text.split("\n"))
        if words := f" {SEPARATOR} ".join(lines).split():
            empty = False
            yield words
    if empty:
        raise InputError(
            f"{path}: 0 numbers in it, expected one spelled-out number a line: "
            "fill the file, or run `dvc repro spell`"
        )


def read_parts(path: Path) -> Iterator[tuple[int, str]]:
    """Give whole lines of a text, and the number of the first as an editor counts.

    Raises:
        InputError: bytes are not UTF-8, or a line has what `REFUSED` lists.
    """
    number = 1
    with files.naming(path), path.open("rb") as file:
        while part := read_part(file):
            text = decode(path, part, number, file.tell() - len(part))
            check_lines(path, text, number)
            yield number, text
            number += part.count(b"\n")


def read_part(file: IO[bytes]) -> bytes:
    """Read some bytes, up to the end of a line."""
    part = file.read(PART)
    return part + file.readline() if part else part


def decode(path: Path, part: bytes, number: int, offset: int) -> str:
    """Turn bytes that start at `offset`, in line `number`, into text."""
    try:
        return part.decode("utf-8" if offset else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = number + part.count(b"\n", 0, error.start)
        raise InputError(
            f"{path}, line {line}: byte {offset + error.start} is not UTF-8 "
            f"({error.reason}); save the file as UTF-8"
        ) from None


def check_lines(path: Path, text: str, number: int) -> None:
    """Refuse lines that cannot be one number; the first is line `number`.

    Raises:
        InputError: it names the line, and what is wrong with it.
    """
    places = {text.find(character): character for character in REFUSED}
    places.pop(-1, None)
    if places:
        place = min(places)
        reason = REFUSED[places[place]]
    elif found := ("\r" in text and RETURN.search(text)):
        place = found.start()
        reason = "a carriage return amid it; save the file with LF or CRLF line ends"
    else:
        return
    line = text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0].strip()
    number += text.count("\n", 0, place)
    raise InputError(f"{path}, line {number}: {abbreviate(line)} has {reason}")
