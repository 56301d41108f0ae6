"""Words to tokens: data/raw -> data/prepared, a vocabulary and a stream per text."""

from __future__ import annotations

from pathlib import Path

from counting.base import files, params
from counting.running import cli
from counting.text import streams
from counting.text.reading import read_numbers
from counting.text.vocabulary import Vocabulary


def main() -> None:
    """Build the vocabulary from train.txt, and encode every text with it.

    Only train.txt and valid.txt must be there; other texts are streams beyond.
    """
    parser = cli.Parser("stages.prepare", __doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of the texts")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tokens")
    args = parser.parse_args()
    settings = params.load()
    train = args.raw / "train.txt"
    texts = sorted({train, args.raw / "valid.txt", *args.raw.glob("*.txt")})
    words = cli.watched(read_numbers(train), "prepare the vocabulary", len)
    vocabulary = Vocabulary.of(words, settings.prepare.min_count)
    outs = {path: args.out / f"{path.stem}.safetensors" for path in texts}
    contents: dict[Path, files.Content] = {
        out: streams.content(
            vocabulary.encode_parts(
                cli.watched(read_numbers(path), f"prepare {path.stem}", len), path
            )
        )
        for path, out in outs.items()
    }
    files.write({args.out / "vocab.json": vocabulary.content()} | contents)
    for path, out in outs.items():
        print(f"prepare: {path.stem}: {streams.length(out):,} tokens")
    print(f"prepare: vocabulary of {len(vocabulary)} tokens")


if __name__ == "__main__":
    cli.run("prepare", main)
