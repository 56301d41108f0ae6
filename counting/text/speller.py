"""Ranges of numbers to words, a million of them in half a second.

Most languages write 54,042 as they write 54,000, followed by what follows 1,000 in
1,042. Where a language does, a number is put together from the spelling of its thousand
and a table of what may follow one. That is not assumed but tried, on the very thousands
that are wanted: if one number comes out otherwise, each is spelled by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from counting.base.errors import InputError
from counting.text.spelling import spell

MANY = 1000  # thousands that are compared with num2words, if there are more
TRIED = 3  # numbers of each of them
WORTH = 5  # thousands, from which on a table is worth its making


@dataclass(frozen=True)
class Speller:
    """A language, and what follows its thousands: "", " one", ..., for 0..999.

    Without such a table (`tails` is empty), each number is spelled by itself.
    """

    language: str
    tails: tuple[str, ...] = ()

    @classmethod
    def of(cls, language: str, ranges: Iterable[Sequence[int]]) -> Speller:
        """Make a speller for ranges of numbers, with a table if that gives the same."""
        wanted = sorted(
            {
                n
                for first, last in ranges
                for n in range(first // 1000, last // 1000 + 1)
                if composes(n)
            }
        )
        if len(wanted) < WORTH:
            return cls(language)
        try:
            one = spell(1000, language)
            spelled = [spell(number, language) for number in range(1000, 2000)]
            speller = cls(language, tuple(text.removeprefix(one) for text in spelled))
            fits = all(text.startswith(one) for text in spelled)
            if fits and speller.agrees(wanted):
                return speller
        except InputError:  # of a number that may not even be wanted
            pass
        return cls(language)

    def agrees(self, wanted: list[int]) -> bool:
        """Compare the table with num2words: a thousand whole, some numbers of many."""
        drawn = random.Random(0)
        whole = drawn.choice(wanted)
        for thousand in {*drawn.sample(wanted, min(MANY, len(wanted))), whole}:
            head = spell(1000 * thousand, self.language)
            rests = [1, 999, *drawn.sample(range(2, 999), TRIED - 2)]
            for rest in range(1, 1000) if thousand == whole else rests:
                number = spell(1000 * thousand + rest, self.language)
                if number != head + self.tails[rest]:
                    return False
        return True

    def lines(self, first: int, last: int) -> Iterator[list[str]]:
        """Spell first..last, a thousand at a time."""
        for numbers in thousands(first, last):
            yield self.spell(numbers)

    def spell(self, numbers: range) -> list[str]:
        """Spell some numbers of one thousand."""
        if (head := self.head(numbers)) is None:
            return [spell(number, self.language) for number in numbers]
        start = numbers[0] % 1000
        return [head + tail for tail in self.tails[start : start + len(numbers)]]

    def words(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Give each word of first..last with a number that has it, some repeatedly."""
        told: set[int] = set()  # tails whose words were given
        spaced = all(tail[:1] in ("", " ") for tail in self.tails)
        for numbers in thousands(first, last):
            head = self.head(numbers) if spaced else None
            if head is None:
                texts = [*zip(numbers, self.spell(numbers), strict=True)]
            else:
                new = [number for number in numbers if number % 1000 not in told]
                told.update(number % 1000 for number in new)
                texts = [(numbers[0], head), *((n, self.tails[n % 1000]) for n in new)]
            for number, text in texts:
                yield from ((number, word) for word in text.split())

    def head(self, numbers: range) -> str | None:
        """Spell the thousand of some numbers, if a table has the rest of them."""
        thousand = numbers[0] // 1000
        if not self.tails or not composes(thousand):
            return None
        return spell(1000 * thousand, self.language)


def thousands(first: int, last: int) -> Iterator[range]:
    """Cut first..last at the thousands."""
    for start in range(first // 1000 * 1000, last + 1, 1000):
        yield range(max(first, start), min(last + 1, start + 1000))


def composes(thousand: int) -> bool:
    """Tell whether the numbers of a thousand are put together from its spelling.

    Those below 1,000 have none. 1,000,000 and the like follow rules of their own in
    some languages, as "um milhão e um"; they are few.
    """
    return thousand % 1000 != 0
