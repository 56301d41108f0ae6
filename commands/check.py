"""Check params.yaml as a whole, and that every stream is long enough; without torch.

What DVC made it also mends, so a damaged file of data/raw or data/prepared is left to
`dvc repro`. Texts that a user put there, the stage spell being frozen, are read here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counting.base import cli, params
from counting.base.params import Params
from counting.text.spelling import check_language, spell
from counting.text.vocabulary import Vocabulary, join, read_numbers

PIPELINE = Path("dvc.yaml")


def main() -> None:
    """Print one line when all is well."""
    cli.Parser("commands.check", __doc__).parse_args()
    settings = params.load()
    check_language(settings.spell.language)
    if (folder := own_texts()) is None:
        ranges, language = settings.spell.streams, settings.spell.language
        for name, (first, last) in ranges.items():
            least, _ = needed(settings, name)
            check_length(settings, name, spelled(first, last, language, least))
        streams = f"{len(ranges)} streams to spell"
    else:
        texts = read_texts(folder)
        for name, numbers in texts.items():
            check_stride(settings, name)
            check_length(settings, name, len(join(numbers)))
        streams = f"{len(texts)} texts of your own in {folder}"
    variants, seeds = len(settings.models), len(settings.train.seeds)
    print(f"check: fine: {variants} variants, {seeds} seeds each, {streams}")


def own_texts() -> Path | None:
    """Give the folder of the texts if they are the user's, the stage spell frozen."""
    pipeline: Any = params.parse(PIPELINE)
    try:
        stage = pipeline["stages"]["spell"]
        return Path(stage["outs"][0]) if stage.get("frozen") else None
    except (AttributeError, KeyError, TypeError):
        raise cli.InputError(
            f"{PIPELINE}: has no stages.spell.outs, expected the folder of the texts: "
            "restore it with git"
        ) from None


def read_texts(folder: Path) -> dict[str, list[list[str]]]:
    """Read a user's own texts; train.txt must have every word of the others.

    Raises:
        InputError: one is missing, empty, no text, or has a word of its own.
    """
    paths = {folder / "train.txt", folder / "valid.txt", *folder.glob("*.txt")}
    texts = {path.stem: read_numbers(path) for path in sorted(paths)}
    vocabulary = Vocabulary.of(texts["train"])
    for name, numbers in texts.items():
        vocabulary.encode(numbers, folder / f"{name}.txt")
    return texts


def check_stride(settings: Params, stream: str) -> None:
    """Refuse a text that nothing says how to judge.

    Raises:
        InputError: evaluate.stride has no entry for it.
    """
    strides = settings.evaluate.stride
    if stream not in strides:
        raise cli.InputError(
            f"the text {stream}.txt has no stride, expected one of {', '.join(strides)}"
            "; move it away, or add it to spell.beyond and evaluate.stride"
        )


def needed(settings: Params, stream: str) -> tuple[int, str]:
    """Give the fewest tokens that a stream may have, and what asks for them."""
    window = settings.evaluate.window
    uses = [(window + 1, f"evaluate.window = {window}")]
    if stream == "train":
        for name, model in settings.models.items():
            recipe = settings.recipes[model.recipe]
            rows = model.batch_size if recipe.sampling == "rows" else 1
            reason = f"models.{name}, {rows} x bptt = {rows} x {recipe.bptt}"
            uses.append((rows * recipe.bptt + 1, reason))
    return max(uses)


def spelled(first: int, last: int, language: str, enough: int) -> int:
    """Count the tokens of the numbers first..last, no further than to `enough`."""
    tokens = -1  # no separator before the first number
    for number in range(first, last + 1):
        tokens += 1 + len(spell(number, language).split())
        if tokens >= enough:
            break
    return tokens


def check_length(settings: Params, stream: str, tokens: int) -> None:
    """Refuse a stream that is shorter than what reads it.

    Raises:
        InputError: it names the stream, its length, and what asks for more.
    """
    least, reason = needed(settings, stream)
    if tokens < least:
        raise cli.InputError(
            f"the stream {stream!r} has {tokens} tokens, expected at least {least} for "
            f"{reason}; lower that, or give the stream more numbers"
        )


if __name__ == "__main__":
    cli.run("check", main)
