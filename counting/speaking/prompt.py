"""What somebody types, digits or words, as the words that a network knows.

"9097, 9098," becomes nine thousand ninety seven , nine thousand ninety eight ,
"""

from __future__ import annotations

import re
from collections.abc import Collection

from counting.base import params
from counting.base.errors import InputError, abbreviate, suggest
from counting.text.spelling import check_language, spell
from counting.text.vocabulary import SEPARATOR

LARGEST = 9_999_999  # as in params.yaml
ONE_OR_SEVERAL = re.compile(r"(?<![\w,])[0-9]{1,3}(,[0-9]{3})+(?!\w)")  # 9,097


def language() -> str:
    """Give the language that digits are spelled in."""
    return params.load().spell.language if params.PATH.is_file() else "en"


def to_words(text: str, known: Collection[str], spoken: str) -> list[str]:
    """Turn a text into words that a network knows; nothing becomes a separator.

    Lines are numbers, as in the training text: a separator comes between them.

    Args:
        text: numbers in digits or words, such as "9097, nine thousand ninety eight,".
        known: the vocabulary.
        spoken: num2words' name of the language of digits.

    Raises:
        InputError: a word is not known; it names the nearest ones.
    """
    if found := ONE_OR_SEVERAL.search(text):
        number = found.group()
        raise InputError(
            f"{number!r} could be one number or several; write "
            f"{number.replace(',', '')}, or {number.replace(',', ', ')!r}"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    joined = " ".join(f"{line.removesuffix(SEPARATOR)} {SEPARATOR}" for line in lines)
    if lines and not lines[-1].endswith(SEPARATOR):
        joined = joined.removesuffix(SEPARATOR)  # the last number may go on
    typed = joined.replace(SEPARATOR, f" {SEPARATOR} ").split()
    words = [w for word in typed for w in expand(word, known, spoken)]
    return words or [SEPARATOR]


def expand(typed: str, known: Collection[str], spoken: str) -> list[str]:
    """Turn one word that was typed into known ones.

    Raises:
        InputError: it has none.
    """
    if typed in known:
        return [typed]
    if re.fullmatch("[0-9]+", typed):
        return spelled(typed, known, spoken)
    parts = typed.lower().split("-")  # twenty-one
    if spoken.startswith("en"):
        parts = [part for part in parts if part != "and" or part in known]
    for part in parts:
        if part not in known:
            near = suggest(part, [word for word in known if word != SEPARATOR])
            raise InputError(f"the network does not know {abbreviate(part)}{near}")
    return parts


def spelled(digits: str, known: Collection[str], spoken: str) -> list[str]:
    """Spell digits.

    Raises:
        InputError: the number has a word that the network never read.
    """
    if len(digits) > len(str(LARGEST)) or (digits[0] == "0" and len(digits) > 1):
        raise InputError(
            f"{abbreviate(digits)} is not a number to count from; expected one up to "
            f"{LARGEST}, without a zero in front"
        )
    check_language(spoken)
    text = spell(int(digits), spoken)
    for word in text.split():
        if word not in known:
            raise InputError(
                f"{digits} is {text!r} in words ({spoken}), and the network never read "
                f"{word!r}; choose a number whose words are in its training text"
            )
    return text.split()
