"""Which streams of numbers can be read: every word of theirs is one of train's."""

from __future__ import annotations

from collections.abc import Iterator

from counting.base.errors import InputError
from counting.base.params import Spell
from counting.text.speller import Speller
from counting.text.spelling import spell
from counting.text.vocabulary import MOST, UNKNOWN

# numbers of a stream that are looked at in a second, where each is spelled by itself
WHOLE, SAMPLE = 10_000, 2000  # of train, of each other

Uses = Iterator[tuple[int, str]]  # a number, and a word of it
Ranges = dict[str, tuple[int, int]]


def readable(
    spelling: Spell, speller: Speller, min_count: int | None, exact: bool
) -> tuple[Ranges, list[str]]:
    """Give the streams that can be spelled and read, and a remark on each other one.

    Train and valid must be readable. The streams beyond are for the curious: one that
    is not is left out.

    Args:
        spelling: the streams, and their language.
        speller: spells them.
        min_count: as in params.yaml; with one, unseen words can be read.
        exact: look at every number, however long that takes; otherwise at some of a
            long stream whose numbers have to be spelled one by one.

    Raises:
        InputError: train or valid cannot be spelled or read; it says what to change.
    """
    found: Ranges = {}
    remarks = []
    known: set[str] | None = None
    for name, (first, last) in spelling.streams.items():
        few = last - first < (WHOLE if name == "train" else SAMPLE)
        whole = exact or few or bool(speller.tails)
        words = (
            speller.words(first, last)
            if whole
            else sample(first, last, spelling.language)
        )
        try:
            if name == "train":
                seen = collect(words, spelling.language)
                known = seen if whole and min_count is None else None
            else:
                check(words, known, spelling, name)
        except InputError as error:
            if name in ("train", "valid"):
                raise InputError(f"params.yaml: spell.{name}: {error}") from None
            remarks.append(f"left out: spell.beyond.{name}: {error}")
        else:
            found[name] = (first, last)
    return found, remarks


def sample(first: int, last: int, language: str) -> Uses:
    """Give the words of numbers evenly spread over first..last, both included."""
    for i in range(SAMPLE):
        number = first + (last - first) * i // (SAMPLE - 1)
        yield from ((number, word) for word in spell(number, language).split())


def collect(words: Uses, language: str) -> set[str]:
    """Collect the words of train.

    Raises:
        InputError: there are more of them than a token can count.
    """
    known: set[str] = set()
    for _, word in words:
        known.add(word)
        if len(known) >= MOST:
            raise InputError(
                f"has more than {MOST:,} distinct words, since {language!r} writes a "
                "number as one word: choose another language, or fewer numbers"
            )
    return known


def check(words: Uses, known: set[str] | None, spelling: Spell, name: str) -> None:
    """Look for a word that train does not have; `known` are those that it has.

    Raises:
        InputError: there is one; it says in which number, and what to change.
    """
    for number, word in words:
        if known is not None and word not in known:
            text = spell(number, spelling.language)
            cure = (
                f"widen spell.train, narrow {name}, or read unseen words as {UNKNOWN}"
            )
            if " " not in spell(777, spelling.language):
                cure = (
                    "this language writes a number as one word, and no unseen one can "
                    f"be read: choose another language, or read them as {UNKNOWN}"
                )
            raise InputError(
                f"{number} is {text!r} in {spelling.language!r}, and no number of "
                f"train {spelling.train} has the word {word!r}: {cure} "
                "(prepare.min_count)"
            )
