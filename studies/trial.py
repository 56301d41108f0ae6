"""One training of a study: a variant, a seed, tokens to learn, streams to judge by.

The only place here that trains and measures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from counting.base import files, params
from counting.engine.forward import Inference
from counting.engine.weights import Network
from counting.evaluation import generation
from counting.evaluation.scores import score
from counting.text.spelling import spell
from counting.text.vocabulary import SEPARATOR, Vocabulary
from counting.training import loop
from studies.study import Entry, Study


def run(study: Study, settings: params.Params, entry: Entry) -> Entry:
    """Train one row with one seed, and judge it on every window of what comes next."""
    language = settings.spell.language
    parts = [spelled(part, study.digits, language) for part in study.train]
    text = [words for part in parts for words in part]
    judged = [spelled(part, study.digits, language) for part in study.judge]
    vocabulary = Vocabulary.of(text)
    tokens = [vocabulary.encode(one, Path(study.title)) for one in (text, *judged)]
    return entry | train_and_judge(
        params.Model.model_validate(entry["variant"]["model"]),
        params.Recipe.model_validate(entry["variant"]["recipe"]),
        entry["seed"],
        tokens,
        vocabulary,
        settings.evaluate,
    )


def train_and_judge(
    model: params.Model,
    recipe: params.Recipe,
    seed: int,
    tokens: list[Any],
    vocabulary: Vocabulary,
    judging: params.Evaluate,
) -> dict[str, float | int]:
    """Train on the first of some streams of tokens, and judge on the others."""
    train, *judged = tokens
    weights, _ = loop.train(model, recipe, train, len(vocabulary), seed)
    network = Inference(Network.of(model, weights))
    sizes = (judging.window, judging.prompt, judging.steps)
    learnt = score(network, train, *sizes, stride=judging.stride["train"])
    scores = [score(network, stream, *sizes) for stream in judged]
    right = sum(one.sequence_accuracy * one.sequences for one in scores)
    shares = {
        "sequence_accuracy": right / sum(one.sequences for one in scores),
        "train_last_token_accuracy": learnt.last_token_accuracy,
        "train_sequence_accuracy": learnt.sequence_accuracy,
    }
    separator = vocabulary.tokens[SEPARATOR]
    return {key: round(share, files.DIGITS) for key, share in shares.items()} | {
        "count_run": generation.count_run(
            network, train, joined(judged, separator), separator
        )
    }


def joined(streams: list[Any], separator: int) -> Any:
    """Put streams one after the other, as numbers that go on."""
    parts = [part for stream in streams for part in ([separator], stream)]
    return np.concatenate(parts[1:])


def spelled(part: list[int], digits: int, language: str) -> list[list[str]]:
    """Spell a range of numbers of the first so many digits, as lists of words."""
    return [
        spell(number, language).split()
        for number in range(part[0], part[1] + 1)
        if int(max(str(number))) < digits
    ]
