"""Numbers to words: params -> data/raw/<stream>.txt, one spelled-out number a line."""

from __future__ import annotations

import re
from pathlib import Path

from num2words import CONVERTER_CLASSES, num2words

from stages.counting import cli, files, params


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


def main() -> None:
    """Write one text a stream."""
    parser = cli.Parser("stages.spell", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the texts")
    args = parser.parse_args()
    settings = params.load()
    spelling = settings.spell
    check_language(spelling.language)
    texts: dict[Path, str | bytes] = {}
    for name, (first, last) in spelling.streams.items():
        lines = [spell(number, spelling.language) for number in range(first, last + 1)]
        texts[args.out / f"{name}.txt"] = "\n".join(lines) + "\n"
    files.write(texts)
    for name, (first, last) in spelling.streams.items():
        print(f"spell: {name}: {first}..{last}, {last - first + 1:,} numbers")


if __name__ == "__main__":
    cli.run("spell", main)
