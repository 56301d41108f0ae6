"""Numbers to words: params -> data/raw/<stream>.txt, one number per line.

With `spell.texts` other than `numbers`, your own texts are checked and copied instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from counting.base import files, params
from counting.running import cli
from counting.text import reading
from counting.text.readable import readable_numbers, readable_texts
from counting.text.spelling import check_language, spell_range


def main() -> None:
    """Write one text per stream."""
    parser = cli.Parser("stages.spell", __doc__)
    parser.add_argument("--texts", type=Path, required=True, help="your own texts")
    parser.add_argument("--out", type=Path, required=True, help="folder for the texts")
    args = parser.parse_args()
    settings = params.load()
    spelling, min_count = settings.spell, settings.prepare.min_count
    if spelling.texts != params.NUMBERS:
        readable_texts(args.texts, min_count)
        texts = reading.texts(args.texts)
        files.write(
            {args.out / path.name: reading.copied(path) for path in texts.values()}
        )
        print(f"spell: {', '.join(texts)}: copied from {args.texts}")
        return
    reading.refuse(args.texts)
    check_language(spelling.language)
    _, ranges, remarks = readable_numbers(spelling, min_count)
    files.write(
        {
            args.out / f"{name}.txt": lines(spelling.language, *ends, f"spell {name}")
            for name, ends in ranges.items()
        }
    )
    for name, (first, last) in ranges.items():
        print(f"spell: {name}: {first}..{last}, {last - first + 1:,} numbers")
    for remark in remarks:
        print(f"spell: {remark}")


def lines(language: str, first: int, last: int, label: str) -> Iterator[bytes]:
    """Spell first..last, one number per line, in chunks of UTF-8."""
    spelled = spell_range(first, last, language)
    for numbers in cli.watched(spelled, label, len, last - first + 1):
        yield ("\n".join(numbers) + "\n").encode()


if __name__ == "__main__":
    cli.run("spell", main)
