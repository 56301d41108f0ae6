"""The ingredients of a recipe, each against a figure worked out another way."""

from functools import partial

import numpy as np
import pytest

from counting.base.checkpoint import Arrays
from counting.base.params import Recipe
from counting.base.types import NO_TARGET
from counting.training import loop
from counting.training.autograd import AutogradStep
from counting.training.batches import Windows
from counting.training.steps import CompiledStep
from tests.variants import COPY, HEADS, KINDS, model, recipe

V = 6
STREAM = np.arange(400) % V
MODEL = model("gru", hidden_size=8, batch_size=4)
RECIPE = recipe(bptt=9, warm_up=0.1)
EVERYTHING = recipe(
    bptt=9,
    warm_up=0.1,
    clip_norm=0.5,
    optimizer="adamw",
    weight_decay=0.3,
)


def test_one_cycle_climbs_to_the_learning_rate_and_falls_to_nothing() -> None:
    rates = [loop.learning_rate(MODEL, RECIPE, step, 20) for step in range(20)]
    assert rates[:3] == pytest.approx([0.005, 0.01, 0.01])
    assert rates[-1] == pytest.approx(0.01 / 18)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_training_learns_a_cycle_and_records_every_step() -> None:
    longer = RECIPE.model_copy(update={"steps": 150})
    weights, curves = loop.train(MODEL, longer, STREAM, V, seed=0)
    assert curves.shape == (150, 3)
    assert curves[:3, 0].mean() > 1.5  # near log 6
    assert curves[-3:, 0].mean() < 0.3
    assert curves[-1, 2] == 1.0
    assert weights["h_o.weight"].shape == (V, 8)


def test_a_seed_fixes_the_weights_and_another_gives_others() -> None:
    def trained(seed: int) -> Arrays:
        return loop.train(MODEL, RECIPE, STREAM, V, seed)[0]

    one, two, other = trained(1), trained(1), trained(2)
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["h_o.weight"], other["h_o.weight"])


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps_by_either_engine_have_the_same_losses(kind: str, head: str) -> None:
    config = model(kind, head)
    ten: Recipe = EVERYTHING.model_copy(update={"steps": 10})
    found = [
        loop.train(config, ten, STREAM, V, seed=3, begin=begin)
        for begin in (CompiledStep, partial(AutogradStep, device="cpu"))
    ]
    ours, theirs = (curves[:, 0] for _, curves in found)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert len(set(ours)) == 10


def test_a_loss_that_is_no_number_ends_the_training_with_what_to_lower() -> None:
    wild = model("loop relu", learning_rate=1.0, hidden_size=40, batch_size=4)
    with pytest.raises(loop.DivergedError, match=r"seed 0: .* at step \d+.*lower"):
        loop.train(wild, recipe(steps=400, bptt=40), STREAM, V, seed=0)


def test_what_is_not_scored_counts_neither_as_right_nor_as_wrong() -> None:
    targets = np.array([[NO_TARGET, 3, 1], [2, NO_TARGET, NO_TARGET]])  # (T, B)
    correct = np.array([[False, True, False], [True, False, False]])
    assert loop.accuracies(correct, targets) == (1.0, 2 / 3)
    nothing = np.full((2, 3), NO_TARGET)
    assert loop.accuracies(np.zeros((2, 3), bool), nothing) == (0.0, 0.0)


def test_the_masks_of_a_copy_head_have_the_shares_that_are_asked_for() -> None:
    asked = model("gru", "copy", batch_size=200)
    windows = Windows(STREAM, RECIPE, 200)
    batch = loop.draw_batch(windows, asked, 0, np.random.default_rng(0))
    assert batch.no_copy is not None
    assert batch.no_own is not None
    assert batch.no_copy.shape == batch.tokens.shape == (9, 200)
    assert batch.no_copy.mean() == pytest.approx(COPY["no_copy"], abs=0.05)
    assert batch.no_own.mean() == pytest.approx(COPY["no_own"], abs=0.05)
    assert not np.array_equal(batch.no_copy, batch.no_own)
