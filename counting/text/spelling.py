"""Numbers to words, as num2words spells them."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from num2words import CONVERTER_CLASSES, num2words

from counting.base.errors import InputError, abbreviate, suggest

PATIENCE = 1.0  # seconds of computing that a number may take; it needs 0.0001


def spell(number: int, language: str) -> str:
    """Spell `number` as the data set does: lower case, no hyphen, no comma, no "and".

    Follows fast.ai's Human Numbers: 1312 is "one thousand three hundred twelve".

    Raises:
        InputError: num2words fails, gives no word, or does not end.
    """
    try:
        with limited(PATIENCE):
            text = str(num2words(number, lang=language)).lower()
    except Exception as error:  # num2words raises whatever its code stumbles over
        reason = f"fails ({type(error).__name__}: {abbreviate(str(error))})"
        if isinstance(error, TimeoutError):
            reason = "does not end"
        raise InputError(
            f"{number} cannot be spelled in {language!r}: num2words {reason}; narrow "
            "the range, or choose another language"
        ) from None
    words = re.sub(r"[-,]", " ", text).split()
    if language.startswith("en"):
        words = [word for word in words if word != "and"]
    if not words:
        raise InputError(f"{number} is no word in {language!r}: narrow the range")
    return " ".join(words)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupt what computes for longer, with a TimeoutError.

    In the main thread alone, since no other is given a signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def interrupt(_: int, __: FrameType | None) -> NoReturn:
    """Handle a signal with a TimeoutError."""
    raise TimeoutError


def check_language(language: str) -> None:
    """Refuse a language that num2words does not know."""
    if language not in CONVERTER_CLASSES:
        raise InputError(
            f"params.yaml: spell.language: {language!r} is not a language of num2words"
            + suggest(language, sorted(CONVERTER_CLASSES))
        )
