"""One training of a study: a variant, a seed, tokens to learn, streams to judge by.

The only place here that trains and measures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

from counting.base import files, params
from counting.base.checkpoint import Arrays
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import generation
from counting.evaluation.definition import Definition as DefinitionReader
from counting.evaluation.reader import Reader
from counting.evaluation.scores import score
from counting.networks import Network as Definition
from counting.text.spelling import spell_range
from counting.text.vocabulary import SEPARATOR, Vocabulary
from counting.training import loop
from counting.training.autograd import AutogradStep
from counting.training.steps import CompiledStep
from studies.study import Entry, Study
from studies.transformer import Size, Transformer


def run(study: Study, settings: params.Params, entry: Entry) -> Entry:
    """Train one row with one seed, and judge it on every window of what comes next."""
    language = settings.spell.language
    parts = [spelled(part, study.digits, language) for part in study.train]
    text = [words for part in parts for words in part]
    judged = [spelled(part, study.digits, language) for part in study.judge]
    vocabulary = Vocabulary.of(text)
    tokens = [vocabulary.encode(one, Path(study.title)) for one in (text, *judged)]
    variant = entry["variant"]
    model = params.Model.model_validate(variant["model"])
    recipe = params.Recipe.model_validate(variant["recipe"])
    begin, reader = engine_of(variant, model, len(vocabulary))
    weights, _ = loop.train(
        model, recipe, tokens[0], len(vocabulary), entry["seed"], begin
    )
    separator = vocabulary.tokens[SEPARATOR]
    return entry | judged_by(
        reader(weights),
        tokens,
        separator,
        settings.evaluate,
        study.every,
    )


def engine_of(
    variant: dict[str, Any], model: params.Model, V: int
) -> tuple[loop.Begin, Callable[[Arrays], Reader]]:
    """Give what trains a variant, and what reads tokens with its weights.

    The compiled engine; but autograd and the definition, in one thread, for a
    transformer, which the engine does not know.
    """
    if "transformer" not in variant:
        return CompiledStep, lambda weights: Inference(Weights.of(model, weights))
    size = Size.model_validate(variant["transformer"])

    def network() -> Definition:
        new = Definition(model, V)
        new.layer = Transformer(model.hidden_size, size)
        return new

    def reader(weights: Arrays) -> Reader:
        trained = network().eval()
        trained.load_state_dict({key: torch.tensor(w) for key, w in weights.items()})
        return DefinitionReader(trained)

    return partial(AutogradStep, build=lambda *_: network()), reader


def judged_by(
    read: Reader,
    tokens: list[Any],
    separator: int,
    judging: params.Evaluate,
    strides: list[int],
) -> dict[str, Any]:
    """Judge a network on streams of tokens: the first is learnt, the others are new."""
    train, *judged = tokens
    sizes = (judging.window, judging.prompt, judging.steps)
    learnt = score(read, train, *sizes, stride=judging.stride["train"])
    scores = [
        score(read, stream, *sizes, stride=stride)
        for stream, stride in zip(judged, strides, strict=True)
    ]
    right = sum(one.sequence_accuracy * one.sequences for one in scores)
    shares = {
        "sequence_accuracy": right / sum(one.sequences for one in scores),
        "train_last_token_accuracy": learnt.last_token_accuracy,
        "train_sequence_accuracy": learnt.sequence_accuracy,
    }
    return {key: round(share, files.DIGITS) for key, share in shares.items()} | {
        "by_range": [round(one.sequence_accuracy, files.DIGITS) for one in scores],
        "count_run": generation.count_run(
            read, train, joined(judged, separator), separator
        ),
    }


def joined(streams: list[Any], separator: int) -> Any:
    """Put streams one after the other, as numbers that go on."""
    parts = [part for stream in streams for part in ([separator], stream)]
    return np.concatenate(parts[1:])


def spelled(part: list[int], digits: int, language: str) -> list[list[str]]:
    """Spell a range of numbers of the first so many digits, as lists of words."""
    first, last = part
    texts = chain.from_iterable(spell_range(first, last, language))
    return [
        text.split()
        for number, text in zip(range(first, last + 1), texts, strict=True)
        if int(max(str(number))) < digits
    ]
