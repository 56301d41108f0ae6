"""Words of a file of numbers, and the vocabulary that turns them into tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from counting.base import files
from counting.base.cli import InputError, nearest, shown

SEPARATOR = ","  # the token between two numbers

MOST = np.iinfo(np.int16).max  # words that the tokens of a stream can tell apart

Tokens = npt.NDArray[np.int16]


def read_numbers(path: Path) -> list[list[str]]:
    """Read one spelled-out number a line, as lists of words.

    Blank lines, trailing blanks and CRLF are accepted, since data sets have them.

    Raises:
        InputError: the file is missing, empty, not UTF-8, or has the separator in it.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: not found; expected one spelled-out number a line: "
            "run `dvc repro spell`, or put your own file there"
        )
    numbers = []
    for number, line in enumerate(files.read_text(path).splitlines(), start=1):
        words = line.split()
        if any(SEPARATOR in word for word in words):
            raise InputError(
                f"{path}, line {number}: {shown(line.strip())} contains the separator "
                f"{SEPARATOR!r}; expected one number a line: split or correct the line"
            )
        if words:
            numbers.append(words)
    if not numbers:
        raise InputError(
            f"{path}: 0 numbers in it, expected one spelled-out number a line: "
            "run `dvc repro spell`, or fill the file"
        )
    return numbers


def join(numbers: list[list[str]]) -> list[str]:
    """Put the separator between the numbers: the stream of words a network reads."""
    return [w for words in numbers for w in (*words, SEPARATOR)][:-1]


@dataclass(frozen=True)
class Vocabulary:
    """The distinct words of a stream; a word's token is its place in `words`.

    The order is that of first appearance after the separator, so it depends on
    nothing but the training text.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, numbers: list[list[str]]) -> Vocabulary:
        """Collect the words of a training text.

        Raises:
            InputError: there are more of them than a token can count.
        """
        words = tuple(dict.fromkeys([SEPARATOR, *join(numbers)]))
        if len(words) > MOST:
            raise InputError(
                f"the training text has {len(words):,} distinct words, expected at "
                f"most {MOST:,}; give one spelled-out number a line"
            )
        return cls(words)

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read vocab.json.

        Raises:
            InputError: it is not a list of distinct words that starts with the
                separator.
        """
        again = "run `dvc repro prepare` again"
        words = files.read_json(path, again)
        if (
            not isinstance(words, list)
            or not all(isinstance(word, str) for word in words)
            or words[:1] != [SEPARATOR]
        ):
            raise InputError(
                f"{path}: holds {shown(words)}, expected a list of words that starts "
                f"with {SEPARATOR!r}; {again}"
            )
        if len(set(words)) != len(words):
            twice = next(word for word in words if words.count(word) > 1)
            raise InputError(
                f"{path}: has {shown(twice)} twice, expected distinct words; {again}"
            )
        return cls(tuple(words))

    def content(self) -> str:
        """Give the words as a JSON list, in the order of their tokens."""
        return files.as_json(list(self.words))

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def tokens(self) -> dict[str, int]:
        """The token of each word."""
        return {word: token for token, word in enumerate(self.words)}

    def encode(self, numbers: list[list[str]], path: Path) -> Tokens:
        """Turn a text into tokens, (n,) int16.

        Raises:
            InputError: a word is not in the vocabulary; `path` names the text.
        """
        for index, words in enumerate(numbers, start=1):
            for word in words:
                if word not in self.tokens:
                    raise InputError(
                        f"{path}, number {index}: the word {shown(word)} is not one "
                        f"of the training text{nearest(word, self.words[1:])}: correct "
                        "the word, or add a number with it to train.txt"
                    )
        return np.array([self.tokens[w] for w in join(numbers)], dtype=np.int16)

    def decode(self, tokens: list[int]) -> str:
        """Turn tokens into text."""
        return " ".join(self.words[token] for token in tokens)
