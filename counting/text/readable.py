"""Checks before any work: can numbers be spelled, and has every word a token?"""

from __future__ import annotations

from pathlib import Path

from counting.base.errors import InputError
from counting.base.params import Spell
from counting.text.reading import read_numbers, texts
from counting.text.spelling import spell, spell_range
from counting.text.vocabulary import UNKNOWN, Vocabulary


def readable_numbers(
    spelling: Spell, min_count: int | None
) -> tuple[int, dict[str, tuple[int, int]], list[str]]:
    """Find the streams that can be spelled and read.

    Train and valid must be; a stream beyond that cannot be read is left out.

    Args:
        spelling: the streams, and their language.
        min_count: as in params.yaml; unless it is None, unseen words can be read.

    Returns:
        The vocabulary's size, the first and last number of each stream that can be
        read, by name, and a remark on each that is left out.

    Raises:
        InputError: train or valid cannot be spelled or read.
    """
    found: dict[str, tuple[int, int]] = {}
    remarks = []
    vocabulary: Vocabulary | None = None
    for name, (first, last) in spelling.streams.items():
        lines = spell_range(first, last, spelling.language)
        try:
            if vocabulary is None:  # of train, the first
                parts = (" ".join(part).split() for part in lines)
                vocabulary = Vocabulary.of(parts, min_count)
            else:
                start = first
                for part in lines:
                    check(part, start, vocabulary, spelling, name)
                    start += len(part)
        except InputError as error:
            if name in ("train", "valid"):
                raise InputError(f"params.yaml: spell.{name}: {error}") from None
            remarks.append(f"left out: spell.beyond.{name}: {error}")
        else:
            found[name] = (first, last)
    assert vocabulary is not None  # train is always there
    return len(vocabulary), found, remarks


def check(
    part: list[str], first: int, vocabulary: Vocabulary, spelling: Spell, name: str
) -> None:
    """Check that every word of some numbers has a token.

    Args:
        part: the numbers in words, in order.
        first: the first of them.
        vocabulary: of train.
        spelling: as in params.yaml.
        name: of their stream.

    Raises:
        InputError: a word has none; the error names the number, and what to change.
    """
    words = set(" ".join(part).split())
    if vocabulary.spare or words <= vocabulary.tokens.keys():
        return
    number, text, word = next(
        (number, text, word)
        for number, text in enumerate(part, start=first)
        for word in text.split()
        if word not in vocabulary.tokens
    )
    cure = f"widen spell.train, narrow {name}, or read unseen words as {UNKNOWN}"
    if " " not in spell(777, spelling.language):
        cure = (
            "this language writes a number as one word, so no unseen number can be "
            f"read: choose another language, or read unseen words as {UNKNOWN}"
        )
    raise InputError(
        f"{number} is {text!r} in {spelling.language!r}, and no number of train "
        f"{spelling.train} has the word {word!r}: {cure} (prepare.min_count)"
    )


def readable_texts(folder: Path, min_count: int | None) -> tuple[int, dict[str, int]]:
    """Read texts of your own: give the vocabulary's size, and the tokens of each.

    Raises:
        InputError: a text is missing, is not UTF-8, or has words that train.txt lacks.
    """
    found = texts(folder)
    vocabulary = Vocabulary.of(read_numbers(found["train"]), min_count)
    return len(vocabulary), {
        name: sum(map(len, vocabulary.encode_parts(read_numbers(path), path)))
        for name, path in found.items()
    }
