"""Texts of one's own: a folder with train.txt, valid.txt, and others to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from counting.base import files
from counting.base.errors import InputError
from counting.text.reading import read_numbers
from counting.text.vocabulary import Vocabulary

CHUNK = 2**20  # bytes copied at once


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


def check(folder: Path, min_count: int | None) -> tuple[int, dict[str, int]]:
    """Read the texts of a folder; the vocabulary's size, and each one's tokens by name.

    Raises:
        InputError: one is missing, is no text, or has words that train.txt does not.
    """
    found = texts(folder)
    vocabulary = Vocabulary.of(read_numbers(found["train"]), min_count)
    return len(vocabulary), {
        name: sum(map(len, vocabulary.encode_parts(words, found[name])))
        for name, path in found.items()
        for words in [read_numbers(path)]
    }


def copied(path: Path) -> Iterator[bytes]:
    """Give a file's bytes, some at a time."""
    with files.naming(path), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
