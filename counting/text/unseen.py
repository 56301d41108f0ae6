"""Words of a text that the training text does not have: named, counted, explained."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from counting.base.errors import abbreviate
from counting.text.reading import read_parts

UNKNOWN = "<unk>"  # stands for every word that is too rare to have a token
NAMED = 5  # unseen words that an error names
# Cyrillic and Greek letters that look like Latin ones
ALIKE = str.maketrans("аеорсухіјѕον", "aeopcyxijsov")  # noqa: RUF001


def explain(word: str, known: Collection[str], path: Path) -> str:
    """Say which words of the text `path` are not known, and what can be done.

    Args:
        word: one of them, for a text that is in no file.
        known: the words of the training text.
        path: where all of them are looked for.
    """
    lines = find(known, path) if path.is_file() else {}
    word, line = next(iter(lines.items()), (word, 0))
    place = f"{path}, line {line}" if line else str(path)
    what = f"the word {abbreviate(word)} is not one of the training text"
    if len(lines) > 1:
        named = ", ".join(map(abbreviate, list(lines)[:NAMED]))
        more = ", ..." if len(lines) > NAMED else ""
        what = f"{len(lines):,} words are not in the training text: {named}{more}"
    return (
        f"{place}: {what}{hint(word, known)}: correct it, or add a line with it to "
        f"train.txt, or read such words as {UNKNOWN}: prepare.min_count: 1 in "
        "params.yaml"
    )


def find(known: Collection[str], path: Path) -> dict[str, int]:
    """Give each word of a text that is not known, with the first line that has it."""
    lines: dict[str, int] = {}
    for number, text in read_parts(path):
        for line, content in enumerate(text.split("\n"), start=number):
            for word in content.split():
                if word not in known:
                    lines.setdefault(word, line)
    return lines


def hint(word: str, known: Collection[str]) -> str:
    """Suggest a known word near to `word`, and tell two apart that look alike."""
    for other in known:
        if looks_like(word, other):
            return (
                f" (it looks like {other!r}, but is written {word!a}, not {other!a}: "
                "give all texts one form, such as Unicode's NFC)"
            )
    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def looks_like(one: str, other: str) -> bool:
    """Tell whether two words differ in nothing that can be seen."""
    a, b = (unicodedata.normalize("NFKC", word) for word in (one, other))
    return a.translate(ALIKE) == b.translate(ALIKE)
