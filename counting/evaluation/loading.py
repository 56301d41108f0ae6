"""What is judged: the networks of a variant, and the texts they are judged on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from counting.base import checkpoint, params
from counting.base.errors import InputError
from counting.evaluation import digits
from counting.evaluation.reader import Trained, load
from counting.text import streams
from counting.text.vocabulary import SEPARATOR, Tokens, Vocabulary


class Texts(NamedTuple):
    """Tokens (n,) of everything that networks are judged on."""

    streams: dict[str, Tokens]  # by name
    after_train: Tokens  # valid, and what goes on where it ends
    from_one: Tokens  # train, and what goes on where it ends
    separator: int
    moments: digits.Moments | None  # of train, where its lines are numbers


def texts(
    folder: Path, vocabulary: Vocabulary, judging: params.Evaluate, spell: params.Spell
) -> Texts:
    """Read every prepared stream.

    Raises:
        InputError: one has no stride, or is shorter than a window.
    """
    found = {
        path.stem: streams.load(path, len(vocabulary))
        for path in sorted(folder.glob("*.safetensors"))
    }
    for name, tokens in found.items():
        if name not in judging.stride:
            raise InputError(
                f"params.yaml: evaluate.stride has no stride for the stream {name!r}"
            )
        if len(tokens) <= judging.window:
            raise InputError(
                f"the stream {name!r} has {len(tokens)} tokens, expected more than "
                f"evaluate.window = {judging.window}; widen its range in spell"
            )
    separator = vocabulary.tokens[SEPARATOR]
    after_train = what_follows(found, spell, separator)
    from_one, moments = found["train"], None
    if spell.texts != params.NUMBERS or spell.valid[0] == spell.train[1] + 1:
        from_one = join([found["train"], after_train], separator)
    if spell.texts == params.NUMBERS:
        moments = digits.moments(found["train"], spell.train[0], separator)
    return Texts(found, after_train, from_one, separator, moments)


def what_follows(
    found: dict[str, Tokens], spell: params.Spell, separator: int
) -> Tokens:
    """Join valid and the streams whose numbers go on where it ends."""
    parts, (_, last) = [found["valid"]], spell.valid
    for name, (first, end) in sorted(spell.beyond.items(), key=lambda s: s[1]):
        if spell.texts == params.NUMBERS and first == last + 1 and name in found:
            parts.append(found[name])
            last = end
    return join(parts, separator)


def join(parts: list[Tokens], separator: int) -> Tokens:
    """Join streams, with the separator between them."""
    comma = np.array([separator], parts[0].dtype)
    return np.concatenate([parts[0], *(x for part in parts[1:] for x in (comma, part))])


def networks(
    folder: Path, config: checkpoint.Config, engine: str, device: str
) -> dict[int, Trained]:
    """Load the network of every seed, for the engine that the parameters name."""
    where = None if engine == "compiled" else device
    return {seed: load(folder, config, seed, where) for seed in config.seeds}
