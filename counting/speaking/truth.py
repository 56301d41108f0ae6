"""What should come after a prompt: the numbers that follow the last one in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from counting.base.errors import InputError
from counting.text.spelling import spell
from counting.text.vocabulary import SEPARATOR

PLACES = ((10**6, 9), (1000, 999), (1, 999))  # a number up to 9,999,999, in parts


def after(words: list[str], language: str) -> Iterator[str]:
    """Give the words that come after `words`, without an end.

    A number that is cut short goes on as the successor of the one before it; otherwise
    the last one is taken as complete.

    Raises:
        InputError: the end is not a number.
    """
    before, now = split(words)
    last = number_of(before, language)
    rest: list[str] | None = None
    if last is not None:
        following = spell(last + 1, language).split()
        if following[: len(now)] == now:
            last, rest = last + 1, following[len(now) :]
    if rest is None:
        last, rest = number_of(now, language), []
    if last is None:
        text = " ".join(now or before) or SEPARATOR
        raise InputError(
            f"cannot tell what comes after {text!r}: it is not a number in words "
            f"({language}); give one to go on from, such as 97"
        )
    return words_from(rest, last, language)


def words_from(rest: list[str], last: int, language: str) -> Iterator[str]:
    """Give what is left of a number, and those that come after it."""
    yield from rest
    for number in count(last + 1):
        yield SEPARATOR
        yield from spell(number, language).split()


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Give the words of the last number with a separator after it, and those since."""
    parts: list[list[str]] = [[], []]
    for word in words:
        if word == SEPARATOR:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts[-2], parts[-1]


def number_of(words: list[str], language: str) -> int | None:
    """Give the number that is spelled so, or None.

    It is looked for from the left: millions, then thousands, then the rest.
    """
    text, number = "".join(words), 0
    for unit, most in PLACES if text else ():
        heads = {
            spell(k * unit, language).replace(" ", ""): k * unit
            for k in range(1, most + 1)
        }
        if fitting := [head for head in heads if text.startswith(head)]:
            head = max(fitting, key=len)
            number, text = number + heads[head], text.removeprefix(head)
    is_it = number and spell(number, language).split() == words
    return number if is_it else None
