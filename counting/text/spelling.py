"""Numbers to words, as num2words spells them.

Most languages write 54,042 as they write 54,000, followed by what follows 1,000 in
1,042. Where a language does, a thousand numbers are put together in a blink. That is
not assumed but tried, with some numbers of every thousand; where one of them comes out
otherwise, each number of that thousand is spelled by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from num2words import CONVERTER_CLASSES, num2words

from counting.base.errors import InputError, abbreviate, suggest

TRIED = (1, 2, 11, 20, 21, 99, 100, 101, 342, 700, 999)  # of every thousand


def spell(number: int, language: str) -> str:
    """Spell `number` as the data set does: lower case, no hyphen, no comma, no "and".

    Follows fast.ai's Human Numbers: 1312 is "one thousand three hundred twelve".

    Raises:
        InputError: num2words fails, or gives no word.
    """
    try:
        text = str(num2words(number, lang=language)).lower()
    except Exception as error:  # num2words raises whatever its code stumbles over
        raise InputError(
            f"{number} cannot be spelled in {language!r}: num2words fails "
            f"({type(error).__name__}: {abbreviate(str(error))}); narrow the range, "
            "or choose another language"
        ) from None
    words = re.sub(r"[-,]", " ", text).split()
    if language.startswith("en"):
        words = [word for word in words if word != "and"]
    if not words:
        raise InputError(f"{number} is no word in {language!r}: narrow the range")
    return " ".join(words)


def spell_range(first: int, last: int, language: str) -> Iterator[list[str]]:
    """Spell first..last, a thousand at a time.

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
    """Give what all numbers of a thousand begin with; None if they do not compose.

    1,000,000 and the like have rules of their own in some languages; they are few.
    """
    if start % 1_000_000 == 0 or not tails(language):
        return None
    head = spell(start, language)
    for rest in TRIED:
        if spell(start + rest, language) != head + tails(language)[rest]:
            return None
    return head


@cache
def tails(language: str) -> tuple[str, ...]:
    """Give what follows 1,000 in 1,000..1,999; nothing if something else does."""
    try:
        one, *more = [spell(number, language) for number in range(1000, 2000)]
    except InputError:  # of a number that may not even be wanted
        return ()
    if not all(text.startswith(one) for text in more):
        return ()
    return ("", *(text.removeprefix(one) for text in more))


def check_language(language: str) -> None:
    """Refuse a language that num2words does not know."""
    if language not in CONVERTER_CLASSES:
        raise InputError(
            f"params.yaml: spell.language: {language!r} is not a language of num2words"
            + suggest(language, sorted(CONVERTER_CLASSES))
        )
