"""Numbers to words, as num2words spells them.

Most languages spell 54,042 as 54,000 followed by the words that follow 1,000 in 1,042.
Where that holds, the numbers of a thousand are composed, which is much faster than
num2words. It is not assumed but tested, with some numbers of every thousand; if one of
them differs, each number of that thousand is spelled by num2words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from num2words import CONVERTER_CLASSES, num2words

from counting.base.errors import InputError, abbreviate, suggest

TESTED = (1, 2, 11, 20, 21, 99, 100, 101, 342, 700, 999)  # of every thousand


def spell(number: int, language: str) -> str:
    """Spell a number in lower case, without hyphens, commas or the English "and".

    As fast.ai's Human Numbers does: 1312 is "one thousand three hundred twelve".

    Raises:
        InputError: num2words fails, or gives no word.
    """
    try:
        text = str(num2words(number, lang=language)).lower()
    except Exception as error:  # num2words raises errors of every kind
        raise InputError(
            f"{number} cannot be spelled in {language!r}: num2words fails "
            f"({type(error).__name__}: {abbreviate(str(error))}); narrow the range, "
            "or choose another language"
        ) from None
    words = re.sub(r"[-,]", " ", text).split()
    if language.startswith("en"):
        words = [word for word in words if word != "and"]
    if not words:
        raise InputError(f"{number} has no words in {language!r}: narrow the range")
    return " ".join(words)


def spell_range(first: int, last: int, language: str) -> Iterator[list[str]]:
    """Spell the numbers first..last, both included, a thousand at a time.

    Raises:
        InputError: see `spell`.
    """
    for start in range(first // 1000 * 1000, last + 1, 1000):
        numbers = range(max(first, start), min(last + 1, start + 1000))
        head = composed(start, language)
        if head is None:
            yield [spell(number, language) for number in numbers]
        else:
            yield [head + tails(language)[number - start] for number in numbers]


def composed(start: int, language: str) -> str | None:
    """Give the words that start..start + 999 begin with; None if they do not compose.

    Multiples of 1,000,000 follow rules of their own in some languages; they are few, so
    they are never composed.
    """
    if start % 1_000_000 == 0 or not tails(language):
        return None
    head = spell(start, language)
    for rest in TESTED:
        if spell(start + rest, language) != head + tails(language)[rest]:
            return None
    return head


@cache
def tails(language: str) -> tuple[str, ...]:
    """Give what follows the words for 1,000 in 1,000..1,999; () if one lacks them."""
    try:
        one, *more = [spell(number, language) for number in range(1000, 2000)]
    except InputError:  # perhaps for a number that nobody asked for
        return ()
    if not all(text.startswith(one) for text in more):
        return ()
    return ("", *(text.removeprefix(one) for text in more))


def check_language(language: str) -> None:
    """Refuse a language that num2words does not know.

    Raises:
        InputError: it does not; the error suggests the nearest that it knows.
    """
    if language not in CONVERTER_CLASSES:
        raise InputError(
            f"params.yaml: spell.language: {language!r} is not a language of num2words"
            + suggest(language, sorted(CONVERTER_CLASSES))
        )
