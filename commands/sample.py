"""A little of the pipeline's work: every variant trained for some steps, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from counting.base import params

if TYPE_CHECKING:
    from torch import Tensor

    from counting.evaluation.scores import Scores

V = 30  # tokens in the vocabulary
SOON = {"from_step": 3, "every": 2}  # hard windows, in place of later


def work(
    stream: Tensor, judged: int, short: dict[str, int]
) -> Iterator[tuple[str, dict[str, Tensor], Tensor, Scores]]:
    """Give name, weights, curves and scores of one variant after the other.

    Args:
        stream: tokens (n,), int64, below V.
        judged: tokens of it that the variant is judged on.
        short: epochs and steps, in place of what a recipe says.
    """
    from counting.evaluation import scores as scoring
    from counting.networks.network import CountingModel
    from counting.training import loop as training

    settings = params.load()
    for name in settings.models:
        model, recipe = settings.variant(name)
        change: dict[str, Any] = {k: n for k, n in short.items() if getattr(recipe, k)}
        if recipe.hard:
            change["hard"] = recipe.hard.model_copy(update=SOON)
        recipe = recipe.model_copy(update=change)
        weights, curves = training.train(model, recipe, stream, V, seed=0)
        network = CountingModel(model, V).eval()
        network.load_state_dict(weights)
        scores = scoring.score(network, stream[:judged], window=70, prompt=20, steps=20)
        yield name, weights, curves, scores
