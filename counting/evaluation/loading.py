"""What is judged: the networks of a variant, and the texts they are judged on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from counting.base import checkpoint, params
from counting.base.errors import InputError
from counting.evaluation import digits
from counting.evaluation.joined import Joined
from counting.evaluation.reader import Trained, load
from counting.text import streams
from counting.text.vocabulary import SEPARATOR, Tokens, Vocabulary


class Texts(NamedTuple):
    """Tokens (n,) of everything that networks are judged on."""

    streams: dict[str, Tokens]  # by name
    after_train: Joined  # valid, and the streams whose numbers follow it
    from_one: Joined  # train; the same streams too, where valid follows train
    separator: int
    moments: digits.Moments | None  # of train, where its lines are numbers


def texts(
    folder: Path, vocabulary: Vocabulary, judging: params.Evaluate, spell: params.Spell
) -> Texts:
    """Read every prepared stream.

    Raises:
        InputError: one has no stride, or is not longer than a window.
    """
    found = {
        path.stem: streams.load(path, len(vocabulary))
        for path in sorted(folder.glob("*.safetensors"))
    }
    for name, tokens in found.items():
        if name not in judging.stride:
            raise InputError(
                f"params.yaml: evaluate.stride has no stride for the stream {name!r}: "
                "add one, such as 1"
            )
        if len(tokens) <= judging.window:
            raise InputError(
                f"the stream {name!r} has {len(tokens)} tokens, expected more than "
                f"evaluate.window = {judging.window}; widen its range in spell"
            )
    separator = vocabulary.tokens[SEPARATOR]
    train, later = found["train"], from_valid_on(found, spell)
    are_numbers = spell.texts == params.NUMBERS
    goes_on = not are_numbers or spell.valid[0] == spell.train[1] + 1
    moments = None
    if are_numbers:
        moments = digits.moments(train, spell.train[0], separator)
    return Texts(
        streams=found,
        after_train=Joined(later, separator),
        from_one=Joined([train, *later] if goes_on else [train], separator),
        separator=separator,
        moments=moments,
    )


def from_valid_on(found: dict[str, Tokens], spell: params.Spell) -> list[Tokens]:
    """Give valid, and after it the streams whose numbers follow it without a gap."""
    parts, (_, last) = [found["valid"]], spell.valid
    for name, (first, end) in sorted(spell.beyond.items(), key=lambda s: s[1]):
        if spell.texts == params.NUMBERS and first == last + 1 and name in found:
            parts.append(found[name])
            last = end
    return parts


def networks(
    folder: Path, config: checkpoint.Config, engine: str, device: str
) -> dict[int, Trained]:
    """Load the network of every seed, for the engine that params.yaml names."""
    where = None if engine == "compiled" else device
    return {seed: load(folder, config, seed, where) for seed in config.seeds}
