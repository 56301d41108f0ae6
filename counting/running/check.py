"""Check params.yaml, and that every stream can be read and is long enough.

It takes about a second and loads PyTorch only for `engine: autograd`. Your own texts
are read in full. Files in data/raw and data/prepared are not checked, since `dvc repro`
makes them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from counting.base import params
from counting.base.errors import InputError
from counting.base.params import Params
from counting.base.types import Array
from counting.running import cli, memory
from counting.text import reading
from counting.text.readable import readable_numbers, readable_texts
from counting.text.spelling import check_language, spell_range
from counting.text.vocabulary import Vocabulary, join
from counting.training import recombination
from counting.training.lines import SURVEYED, rare_transitions

TEXTS = Path("data/texts")


def main() -> None:
    """Print one line when all is well, and one for each stream that is left out."""
    cli.Parser("counting.running.check", __doc__).parse_args()
    settings = params.load()
    if settings.engine == "autograd":
        from counting.networks import devices  # loads PyTorch

        devices.checked(settings.device)
    numbers = settings.spell.texts == params.NUMBERS
    streams = check_numbers(settings) if numbers else check_texts(settings)
    variants, seeds = len(settings.models), len(settings.train.seeds)
    check_windows(settings)
    print(f"check: fine: {variants} variants, {seeds} seeds each, {streams}")


def check_windows(settings: Params) -> None:
    """Check that windows hold a line, and print where nothing can be recombined.

    Raises:
        InputError: the lines of train are too long for the windows of a recipe.
    """
    recipes = {name: settings.variant(name)[1] for name in settings.models}
    lengths = {r.bptt for r in recipes.values() if r.sampling == "windows"}
    if not lengths:
        return
    tokens = train_tokens(settings)
    for bptt in sorted(lengths):
        rare = rare_transitions(tokens, bptt)
        alike = (n for n, r in recipes.items() if r.recombine and r.bptt == bptt)
        names = ", ".join(alike)
        if names and recombination.build(tokens, bptt, rare) is None:
            print(f"check: {names}: {recombination.NOTHING}")


def train_tokens(settings: Params) -> Array:
    """Give the first tokens (n,) of train, as many as recombination looks at."""
    spelling, (first, last) = settings.spell, settings.spell.train
    parts: Iterator[list[str]]
    if spelling.texts == params.NUMBERS:
        lines = spell_range(first, last, spelling.language)
        parts = (join(line.split() for line in some) for some in lines)
    else:
        parts = reading.read_numbers(TEXTS / spelling.texts / "train.txt")
    text = list(islice(parts, 1 + SURVEYED // 1000))  # each has a thousand or more
    vocabulary = Vocabulary.of(text, settings.prepare.min_count)
    return vocabulary.encode(text, TEXTS)[:SURVEYED]


def check_numbers(settings: Params) -> str:
    """Check that the streams of numbers can be spelled, read and judged.

    Raises:
        InputError: one cannot be spelled, has a word that train lacks, or is too short.
    """
    spelling = settings.spell
    reading.refuse(TEXTS / spelling.texts)
    check_language(spelling.language)
    V, ranges, remarks = readable_numbers(spelling, settings.prepare.min_count)
    for remark in remarks:
        print(f"check: {remark}")
    for name, (first, last) in ranges.items():
        enough, _ = needed(settings, name)[-1]
        check_length(settings, name, spelled(spelling.language, first, last, enough))
    check_memory(settings, V)
    return f"{len(ranges)} streams to spell"


def check_texts(settings: Params) -> str:
    """Check that a user's own texts can be read and judged.

    Raises:
        InputError: a text has no stride, or is too short; or see `readable_texts`.
    """
    folder, strides = TEXTS / settings.spell.texts, settings.evaluate.stride
    for name, path in reading.texts(folder).items():
        if name not in strides:
            raise InputError(
                f"{path}: has no stride, expected one of {', '.join(strides)}: add it "
                "to evaluate.stride in params.yaml, or move the text away"
            )
    V, tokens = readable_texts(folder, settings.prepare.min_count)
    for name, count in tokens.items():
        check_length(settings, name, count)
    check_memory(settings, V)
    return f"{len(tokens)} texts of your own in {folder}"


def check_memory(settings: Params, V: int) -> None:
    """Check that each variant fits into memory with a vocabulary of V words.

    Raises:
        InputError: one does not; it says how much is needed, and what to lower.
    """
    for name in settings.models:
        memory.check(f"models.{name}", *settings.variant(name), V)


def needed(settings: Params, stream: str) -> list[tuple[int, str]]:
    """List how many tokens a stream needs, and what for, in ascending order."""
    window = settings.evaluate.window
    uses = [(window + 1, f"evaluate.window = {window}")]
    if stream == "train":
        for name, model in settings.models.items():
            recipe = settings.recipes[model.recipe]
            rows = model.batch_size if recipe.sampling == "rows" else 1
            reason = f"models.{name}, {rows} x bptt = {rows} x {recipe.bptt}"
            uses.append((rows * recipe.bptt + 1, reason))
            if recipe.epochs:  # whose steps must suffice for one point of the curve
                rolling = settings.plot.rolling
                steps = math.ceil(rolling / recipe.epochs)  # an epoch
                reason = f"plot.rolling = {rolling} steps of models.{name}"
                uses.append((steps * rows * recipe.bptt + 1, reason))
    return sorted(uses)


def spelled(language: str, first: int, last: int, enough: int) -> int:
    """Count the tokens of the numbers first..last, and stop at `enough`."""
    tokens = -1  # no separator before the first number
    for numbers in spell_range(first, last, language):
        for number in numbers:
            tokens += 1 + len(number.split())
            if tokens >= enough:
                return tokens
    return tokens


def check_length(settings: Params, stream: str, tokens: int) -> None:
    """Check that a stream is long enough for all that reads it.

    Raises:
        InputError: it is too short; it says for what.
    """
    for least, reason in needed(settings, stream):
        if tokens < least:
            raise InputError(
                f"the stream {stream!r} has {tokens} tokens, expected at least {least} "
                f"for {reason}; lower that, or give the stream more numbers"
            )


if __name__ == "__main__":
    cli.run("check", main)
