"""One training of a study: a variant, a seed, tokens to learn, streams to judge by.

The only place here that trains and measures.

Sizes: B windows or lines side by side, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from counting.base import files, params
from counting.base.checkpoint import Arrays
from counting.base.models import Model, Recipe
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import generation
from counting.evaluation.definition import Definition as DefinitionReader
from counting.evaluation.reader import Reader
from counting.evaluation.scores import score
from counting.networks import Network as Definition
from counting.training import loop
from counting.training.autograd import AutogradStep
from counting.training.batches import Windows
from counting.training.steps import CompiledStep
from studies import texts
from studies.ngram import Counting, Ngrams
from studies.study import Entry, Starts, Study
from studies.texts import Text
from studies.thousands import Thousands
from studies.transformer import Size, Transformer


def run(study: Study, settings: params.Params, entry: Entry) -> Entry:
    """Train one row with one seed, and judge it on all that the study asks for."""
    variant = entry["variant"]
    ranges = (
        tuple(map(tuple, variant.get(key, getattr(study, key))))
        for key in ("train", "judge")
    )
    text = texts.read(
        variant.get("text", settings.spell.language), study.digits, *ranges
    )
    V = len(text.vocabulary)
    model = Model.model_validate(variant["model"] | {"recipe": "row"})
    recipe = Recipe.model_validate(variant["recipe"])
    if "ngram" in variant:  # what is counted once, in the end, has no mean
        recipe = recipe.model_copy(update={"average": 0.0})
    begin, reader = engine_of(variant, model, V)
    thousands = None
    if study.thousands:
        thousands = Thousands(text, variant.get("withhold", 0.0))
        begin = thousands.watching(begin)
    windows = Windows(text.streams[0], recipe, model.batch_size, V)
    weights, _ = loop.train(model, windows, entry["seed"], begin)
    read = reader(weights)
    found = judged(read, text, settings.evaluate, study.every)
    if study.starts:
        found["starts"] = started(read, text, study.starts)
    if thousands:
        found |= thousands.counted(generation.goes_on(read, *thousands.steps()))
    return entry | found


def engine_of(
    variant: dict[str, Any], model: Model, V: int
) -> tuple[loop.Begin, Callable[[Arrays], Reader]]:
    """Give what trains a variant, and what reads tokens with its weights.

    The compiled engine; but autograd and the definition, in one thread, for a
    transformer, which the engine does not know; and for n-grams neither.
    """
    if order := variant.get("ngram"):
        return lambda *_: Counting(order, V), lambda counted: Ngrams(counted, V)
    if "transformer" not in variant:
        return CompiledStep, lambda weights: Inference(Weights.of(model, weights))
    size = Size.model_validate(variant["transformer"])

    def network(model: Model, V: int) -> Definition:
        new = Definition(model, V)
        new.layer = Transformer(model.hidden_size, size)
        return new

    def reader(weights: Arrays) -> Reader:
        trained = network(model, V).eval()
        trained.load_state_dict({key: torch.tensor(w) for key, w in weights.items()})
        return DefinitionReader(trained)

    return partial(AutogradStep, build=network), reader


def judged(
    read: Reader, text: Text, judging: params.Evaluate, strides: Sequence[int]
) -> dict[str, Any]:
    """Judge on windows of all streams, and by counting on from the end and from one."""
    train, *later = text.streams
    sizes = (judging.window, judging.prompt, judging.steps)
    learnt = score(read, train, *sizes, stride=judging.stride["train"])
    scores = [
        score(read, stream, *sizes, stride=stride)
        for stream, stride in zip(later, strides, strict=True)
    ]
    right = sum(one.sequence_accuracy * one.sequences for one in scores)
    shares = {
        "sequence_accuracy": right / sum(one.sequences for one in scores),
        "train_last_token_accuracy": learnt.last_token_accuracy,
        "train_sequence_accuracy": learnt.sequence_accuracy,
    }
    whole, comma = text.whole, text.separator
    after = len(train) + 1
    return {key: round(share, files.DIGITS) for key, share in shares.items()} | {
        "by_range": [round(one.sequence_accuracy, files.DIGITS) for one in scores],
        "count_run": generation.count_run(read, train, whole[after:], comma),
        "count_from_one": generation.count_from_one(
            read, text.whole, comma, len(text.whole)
        ),
    }


def started(read: Reader, text: Text, starts: Starts) -> list[float]:
    """Give the share of random starts in each range that go on without an error.

    A start is one number; the draws are the same for all networks.
    """
    drawing, shares = np.random.default_rng(0), []
    for first, last in starts.ranges:
        (inside,) = ((text.numbers >= first) & (text.numbers <= last)).nonzero()
        inside = inside[inside + starts.numbers < len(text.numbers)]
        at = drawing.choice(inside, starts.each)
        streams = [text.lines(i, i + 1 + starts.numbers) for i in at.tolist()]
        right = generation.goes_on(read, streams, text.begins[at + 1] - text.begins[at])
        shares.append(round(float(right.mean()), files.DIGITS))
    return shares
