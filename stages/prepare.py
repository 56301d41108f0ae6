"""Words to tokens: data/raw -> data/prepared, a vocabulary and one stream a text."""

from __future__ import annotations

from pathlib import Path

from counting.base import cli, files
from counting.text import streams
from counting.text.vocabulary import Vocabulary, read_numbers


def main() -> None:
    """Build the vocabulary from train.txt and tensorise every text with it.

    Texts beside train.txt and valid.txt (the ranges beyond) may be absent.
    """
    parser = cli.Parser("stages.prepare", __doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of the texts")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tokens")
    args = parser.parse_args()
    texts = {args.raw / f"{name}.txt" for name in ("train", "valid")}
    texts |= set(args.raw.glob("*.txt"))
    numbers = {path: read_numbers(path) for path in sorted(texts)}
    vocabulary = Vocabulary.of(numbers[args.raw / "train.txt"])
    tokens = {path: vocabulary.encode(text, path) for path, text in numbers.items()}
    contents = {
        args.out / f"{path.stem}.safetensors": streams.content(stream)
        for path, stream in tokens.items()
    }
    files.write({args.out / "vocab.json": vocabulary.content(), **contents})
    for path, stream in tokens.items():
        print(f"prepare: {path.stem}: {len(stream):,} tokens")
    print(f"prepare: vocabulary of {len(vocabulary)} tokens")


if __name__ == "__main__":
    cli.run("prepare", main)
