"""A little of the pipeline's work: every variant trained for some steps, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from counting.base import params
from counting.base.checkpoint import Arrays
from counting.engine.compiler import Array
from counting.engine.forward import Inference
from counting.engine.weights import Network
from counting.evaluation import scores
from counting.training import loop

V = 30  # tokens in the vocabulary
SOON = {"from_step": 3, "every": 2}  # hard windows, in place of later


def work(
    stream: Array, judged: int, short: dict[str, int]
) -> Iterator[tuple[str, Arrays, Array, scores.Scores]]:
    """Give name, weights, curves and scores of one variant after the other.

    Args:
        stream: tokens (n,), below V.
        judged: tokens of it that the variant is judged on.
        short: epochs and steps, in place of what a recipe says.
    """
    settings = params.load()
    for name in settings.models:
        model, recipe = settings.variant(name)
        change: dict[str, Any] = {k: n for k, n in short.items() if getattr(recipe, k)}
        if recipe.hard:
            change["hard"] = recipe.hard.model_copy(update=SOON)
        recipe = recipe.model_copy(update=change)
        weights, curves = loop.train(model, recipe, stream, V, seed=0)
        read = Inference(Network.of(model, weights))
        found = scores.score(read, stream[:judged], window=70, prompt=20, steps=20)
        yield name, weights, curves, found
