"""Numbers to words, as num2words spells them."""

from __future__ import annotations

import re

from num2words import CONVERTER_CLASSES, num2words

from counting.base import cli


def spell(number: int, language: str) -> str:
    """Spell `number` as the data set does: lower case, no hyphen, no comma, no "and".

    Follows fast.ai's Human Numbers: 1312 is "one thousand three hundred twelve".
    """
    text: str = num2words(number, lang=language).lower()
    words = re.sub(r"[-,]", " ", text).split()
    if language.startswith("en"):
        words = [word for word in words if word != "and"]
    return " ".join(words)


def check_language(language: str) -> None:
    """Refuse a language that num2words does not know."""
    if language not in CONVERTER_CLASSES:
        raise cli.InputError(
            f"params.yaml: spell.language: {language!r} is not a language of num2words"
            + cli.nearest(language, sorted(CONVERTER_CLASSES))
        )
