"""Numbers to words: params -> data/raw/<stream>.txt, one spelled-out number a line."""

from __future__ import annotations

from pathlib import Path

from counting.base import cli, files, params
from counting.text.spelling import check_language, spell


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
