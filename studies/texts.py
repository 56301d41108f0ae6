"""What the networks of a study read: numbers of a language, or lines of other kinds.

A kind is a function of a number: 61 is "one hours one minutes" in one of them, and
"a c e" or so in another. Which numbers are learnt and judged, the study says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from num2words import CONVERTER_CLASSES

from counting.base.errors import suggest
from counting.base.types import Array
from counting.text.spelling import spell, spell_range
from counting.text.vocabulary import SEPARATOR, Vocabulary, join

Ranges = tuple[tuple[int, int], ...]


def words(number: int) -> str:
    """Spell a number in English."""
    return spell(number, "en")


def two(first: str, second: str, number: int, every: int) -> str:
    """Write what two numbers name, of which the second comes round again."""
    high, low = divmod(number, every)
    return first.format(words(high)) + " " + second.format(words(low))


def letters(number: int) -> str:
    """Name a column of a sheet: a, b, .. z, a a, a b."""
    found = []
    while number:
        number, last = divmod(number - 1, 26)
        found.append(chr(ord("a") + last))
    return " ".join(reversed(found))


KINDS: dict[str, Callable[[int], str]] = {
    "hours": lambda n: two("{} hours", "{} minutes", n, 60),
    "money": lambda n: two("{} dollars", "{} cents", n, 100),
    "seats": lambda n: two("row {}", "seat {}", n, 50),
    "chapters": lambda n: two("chapter {}", "verse {}", n, 80),
    "down": lambda n: words(10_000 - n),
    "sevens": lambda n: words(7 * n),
    "digits": lambda n: " ".join(words(int(digit)) for digit in str(n)),
    "columns": letters,
}


@dataclass(frozen=True)
class Text:
    """A text to learn, and what comes after it."""

    vocabulary: Vocabulary
    streams: list[Array]  # tokens (n,) int16: what is learnt, then each range judged
    numbers: Array  # (lines,) int64, of every line of all

    @property
    def separator(self) -> int:
        """Give the token between two lines."""
        return self.vocabulary.tokens[SEPARATOR]

    @cached_property
    def whole(self) -> Array:
        """Give the tokens (n,) of all streams, as lines that go on."""
        between = np.array([self.separator], np.int16)
        parts = [part for stream in self.streams for part in (between, stream)]
        return np.concatenate(parts[1:])

    @cached_property
    def begins(self) -> Array:
        """Give where each line begins, and one more would, (lines + 1,)."""
        after = np.flatnonzero(self.whole == self.separator) + 1
        return np.concatenate([[0], after, [len(self.whole) + 1]])

    def lines(self, first: int, last: int) -> Array:
        """Give the tokens (n,) of lines first..last - 1, separators between them."""
        return self.whole[self.begins[first] : self.begins[last] - 1]


def check(name: str) -> None:
    """Refuse a text that is neither a kind nor a language.

    Raises:
        ValueError: it lists those that are known.
    """
    if name not in (known := [*KINDS, *sorted(CONVERTER_CLASSES)]):
        raise ValueError(f"text: {name!r} is not known{suggest(name, known)}")


@lru_cache(maxsize=1)
def read(name: str, digits: int, train: Ranges, judge: Ranges) -> Text:
    """Spell and encode ranges of numbers, without numbers that have other digits.

    Raises:
        InputError: a range has words that the text to learn does not have.
    """
    learnt = [part for ends in train for part in parts(name, digits, *ends)]
    vocabulary = Vocabulary.of(learnt)
    where = Path(name)
    streams = [vocabulary.encode(learnt, where)]
    streams += [vocabulary.encode(parts(name, digits, *ends), where) for ends in judge]
    numbers = chain.from_iterable(
        kept(range(a, b + 1), digits) for a, b in train + judge
    )
    return Text(vocabulary, streams, np.fromiter(numbers, np.int64))


def parts(name: str, digits: int, first: int, last: int) -> Iterator[list[str]]:
    """Give the words of lines first..last, with separators, a thousand at a time."""
    lines = made(first, last, KINDS[name]) if name in KINDS else None
    number = first
    for chunk in lines or spell_range(first, last, name):
        numbers = range(number, number + len(chunk))
        number += len(chunk)
        wanted = {*kept(numbers, digits)}
        found = [
            line.split() for n, line in zip(numbers, chunk, strict=True) if n in wanted
        ]
        if found:
            yield join(found)


def made(first: int, last: int, line: Callable[[int], str]) -> Iterator[list[str]]:
    """Give lines first..last of a text of another kind, a thousand at a time."""
    for start in range(first, last + 1, 1000):
        yield [line(n) for n in range(start, min(last + 1, start + 1000))]


def kept(numbers: range, digits: int) -> Iterator[int]:
    """Select the numbers of the first so many digits."""
    return (n for n in numbers if digits == 10 or int(max(str(n))) < digits)
