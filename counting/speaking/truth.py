"""What should come after a prompt: the numbers that follow the last one in it.

The rules, which the page follows too: the truth is known only after a separator that
ends a number. It consists of the numbers that follow, each with a separator after it,
and ends before the first with a word that the network does not know: in English, after
999,999. Where the truth is not known, and after its first error, what a network says is
judged neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import chain, count

from counting.base.errors import InputError
from counting.text.spelling import spell
from counting.text.vocabulary import SEPARATOR

LARGEST = 9_999_999  # as in params.yaml
PLACES = ((10**6, 9), (1000, 999), (1, 999))  # a number up to LARGEST, in parts


def after(last: int | None, known: Collection[str], language: str) -> Iterator[str]:
    """Give the words of the numbers after one, as far as the network knows them."""
    for number in count(last + 1) if last else ():
        words = spell_known(number, known, language)
        if not words:
            return
        yield from [*words, SEPARATOR]


def spell_known(number: int, known: Collection[str], language: str) -> list[str]:
    """Spell a number; an empty list if it has unknown words, or no spelling."""
    words = try_to_spell(number, language).split()
    return words if set(words) <= set(known) else []


def try_to_spell(number: int, language: str) -> str:
    """Spell a number; an empty text if num2words cannot, or it is too large."""
    try:
        return spell(number, language) if number <= LARGEST else ""
    except InputError:
        return ""


def largest(known: Collection[str], language: str) -> int:
    """Give the largest number up to which all have known words; 0 if 1 has not.

    New words can only come up to 1,000, at the thousands, and at a million; unless the
    language writes each number as one word.
    """
    numbers: Iterable[int] = chain(range(1, 1001), range(2000, 1_000_001, 1000))
    if " " not in try_to_spell(777, language):
        numbers = range(1, LARGEST + 1)
    for number in numbers:
        if not spell_known(number, known, language):
            return number - 1
    return LARGEST


def split(words: list[str]) -> list[list[str]]:
    """Cut words into numbers at the separators; no separator ends the last part."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == SEPARATOR:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def number_of(words: list[str], language: str) -> int | None:
    """Give the number that words spell, or None.

    They are read from the left: millions, then thousands, then the rest.
    """
    text, number = "".join(words), 0
    for unit, most in PLACES if text else ():
        heads = spellings(unit, most, language)
        fitting = [head for head in heads if text.startswith(head)]
        if fitting:
            head = max(fitting, key=len)
            number, text = number + heads[head], text.removeprefix(head)
    is_spelled_so = number and try_to_spell(number, language).split() == words
    return number if is_spelled_so else None


@cache
def spellings(unit: int, most: int, language: str) -> dict[str, int]:
    """Give 1 to `most` times a unit, by their spelling without blanks."""
    numbers = range(unit, (most + 1) * unit, unit)
    found = {try_to_spell(n, language).replace(" ", ""): n for n in numbers}
    return {head: number for head, number in found.items() if head}
