"""The vocabulary: which words there are, and the token of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from counting.base import files
from counting.base.errors import InputError, abbreviate
from counting.text.reading import SEPARATOR as SEPARATOR
from counting.text.reading import read_lines

UNKNOWN = "<unk>"  # the word that all words without a token are read as
NAMED = 5  # unseen words that an error names
MOST = np.iinfo(np.int16).max  # words, since a token is an int16

Tokens = npt.NDArray[np.int16]
Words = Sequence[str]  # of a number, or of several with the separator between them


class _Lookup(dict[str, int]):
    """The token of each word; `unknown`, unless None, for a word that has none."""

    unknown: int | None = None

    def __missing__(self, word: str) -> int:
        if self.unknown is None:
            raise KeyError(word)
        return self.unknown


@dataclass(frozen=True)
class Vocabulary:
    """The distinct words of a training text; a word's token is its place in `words`.

    The separator comes first, then words in the order of their first appearance. With
    `spare`, words without a token are read as `UNKNOWN`.
    """

    words: tuple[str, ...]
    spare: bool = False

    @classmethod
    def of(cls, text: Iterable[Words], min_count: int | None = None) -> Vocabulary:
        """Collect the words of a training text.

        Args:
            text: its words, in parts of any length.
            min_count: rarer words get no token; they and unseen words are read as
                `UNKNOWN`. None: every word gets a token, and unseen ones are refused.

        Raises:
            InputError: there are more than `MOST` words.
        """
        first = [SEPARATOR] if min_count is None else [SEPARATOR, UNKNOWN]
        counts = Counter[str]()
        for part in text:
            counts.update(part)
        common = (word for word, n in counts.items() if n >= (min_count or 1))
        words = tuple(dict.fromkeys([*first, *common]))
        if len(words) > MOST:
            raise InputError(
                f"the training text has {len(words):,} distinct words, expected at "
                f"most {MOST:,}; give one spelled-out number per line, or read rare "
                f"words as {UNKNOWN}, with prepare.min_count in params.yaml"
            )
        return cls(words, spare=min_count is not None)

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
                f"{path}: holds {abbreviate(words)}, expected a list of words that "
                f"starts with {SEPARATOR!r}; {again}"
            )
        if len(set(words)) != len(words):
            twice = next(word for word in words if words.count(word) > 1)
            raise InputError(
                f"{path}: has {abbreviate(twice)} twice, expected distinct words; "
                f"{again}"
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
        lookup = _Lookup((word, token) for token, word in enumerate(self.words))
        lookup.unknown = lookup[UNKNOWN] if self.spare else None
        return lookup

    def encode(self, text: Iterable[Words], path: Path) -> Tokens:
        """Turn a whole text into tokens, (n,) int16; see `encode_parts`."""
        return np.concatenate(list(self.encode_parts(text, path)))

    def encode_parts(self, text: Iterable[Words], path: Path) -> Iterator[Tokens]:
        """Turn the parts of a text into tokens, int16, with the separator between them.

        Args:
            text: its words, in parts.
            path: where they come from; an error looks there for unseen words.

        Raises:
            InputError: words are not in the vocabulary.
        """
        before: list[str] = []
        for part in text:
            words = [*before, *part]
            before = [SEPARATOR]
            try:
                tokens = map(self.tokens.__getitem__, words)
                yield np.fromiter(tokens, np.int16, count=len(words))
            except KeyError as error:
                word = error.args[0]
                raise InputError(explain(word, self.tokens, path)) from None

    def decode(self, tokens: list[int]) -> str:
        """Turn tokens into words, joined by blanks."""
        return " ".join(self.words[token] for token in tokens)


def join(numbers: Iterable[Words]) -> list[str]:
    """Put the separator between numbers: the stream of words a network reads."""
    return list(chain.from_iterable((*words, SEPARATOR) for words in numbers))[:-1]


def explain(word: str, known: Collection[str], path: Path) -> str:
    """Say which words of a text are not known, and what can be done.

    Args:
        word: one of them, named if there is no file.
        known: the words of the training text.
        path: the text, in which all of them are looked for.
    """
    lines: dict[str, int] = {}  # of each unknown word, the first that has it
    for number, line in read_lines(path) if path.is_file() else ():
        for other in line.split():
            if other not in known:
                lines.setdefault(other, number)
    first = next(iter(lines), word)
    place = f"{path}, line {lines[first]}" if lines else str(path)
    what = f"the word {abbreviate(first)} is not one of the training text"
    if len(lines) > 1:
        named = ", ".join(map(abbreviate, list(lines)[:NAMED]))
        more = ", ..." if len(lines) > NAMED else ""
        what = f"{len(lines):,} words are not in the training text: {named}{more}"
    return (
        f"{place}: {what}{hint(first, known)}: correct it, or add a line with it to "
        f"train.txt, or read such words as {UNKNOWN}: prepare.min_count: 1 in "
        "params.yaml"
    )


def hint(word: str, known: Collection[str]) -> str:
    """Suggest a known word; where it may look the same, say how the two differ."""
    for close in get_close_matches(word, known, n=1):
        written = ""
        if not f"{word}{close}".isascii():
            written = (
                f" It is written {word!a}, not {close!a}: give all texts one form, "
                "such as Unicode's NFC."
            )
        return f" (did you mean {close!r}?{written})"
    return ""
