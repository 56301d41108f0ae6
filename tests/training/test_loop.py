"""The ingredients of a recipe, each against a figure worked out another way."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from counting.base.checkpoint import Arrays
from counting.base.models import Recipe
from counting.base.types import Array
from counting.running import resume
from counting.training import loop
from counting.training.autograd import AutogradStep
from counting.training.batches import Windows
from counting.training.steps import CompiledStep
from tests.variants import HEADS, KINDS, model, recipe

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


def windows(asked: Recipe, batch_size: int = 4) -> Windows:
    return Windows(STREAM, asked, batch_size, V)


def test_one_cycle_climbs_to_the_learning_rate_and_falls_to_nothing() -> None:
    rates = [loop.learning_rate(MODEL, RECIPE, step, 20) for step in range(20)]
    assert rates[:3] == pytest.approx([0.005, 0.01, 0.01])
    assert rates[-1] == pytest.approx(0.01 / 18)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_training_learns_a_cycle_and_records_every_step() -> None:
    longer = RECIPE.model_copy(update={"steps": 150})
    weights, curves = loop.train(MODEL, windows(longer), seed=0)
    assert curves.shape == (150, 3)
    assert curves[:3, 0].mean() > 1.5  # near log 6
    assert curves[-3:, 0].mean() < 0.3
    assert curves[-1, 2] == 1.0
    assert weights["h_o.weight"].shape == (V, 8)


def test_a_seed_fixes_the_weights_and_another_gives_others() -> None:
    def trained(seed: int) -> Arrays:
        return loop.train(MODEL, windows(RECIPE), seed)[0]

    one, two, other = trained(1), trained(1), trained(2)
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["h_o.weight"], other["h_o.weight"])


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps_by_either_engine_have_the_same_losses(kind: str, head: str) -> None:
    config = model(kind, head)
    ten: Recipe = EVERYTHING.model_copy(update={"steps": 10})
    found = [
        loop.train(config, windows(ten, config.batch_size), seed=3, begin=begin)
        for begin in (CompiledStep, partial(AutogradStep, device="cpu"))
    ]
    ours, theirs = (curves[:, 0] for _, curves in found)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert len(set(ours)) == 10


def test_a_loss_that_is_no_number_ends_the_training_with_what_to_lower() -> None:
    wild = model("loop relu", learning_rate=1.0, hidden_size=40, batch_size=4)
    with pytest.raises(loop.DivergedError, match=r"seed 0: .* at step \d+.*lower"):
        loop.train(wild, windows(recipe(steps=400, bptt=40)), seed=0)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kept", [False, True])
def test_weights_that_are_no_numbers_end_the_training_whatever_the_loss(
    head: str, kept: bool, tmp_path: Path
) -> None:
    class Broken(CompiledStep):
        def weights(self) -> Arrays:
            weights = super().weights()
            weights["h_o.weight"][0, 0] = np.nan
            return weights

    config, asked = model("gru", head, hidden_size=8, batch_size=4), RECIPE
    keeper = resume.Keeper(tmp_path / "state", "key", 1, resume.StopRequest())
    said = rf"seed 7: h_o.weight is not finite after step {1 if kept else asked.steps}"
    with pytest.raises(loop.DivergedError, match=said):
        loop.train(config, windows(asked), 7, Broken, keeper if kept else None)
    assert not (tmp_path / "state").exists()


def test_the_mean_of_a_buffer_has_the_buffer_s_type() -> None:
    parts = {"mask": np.array([True, False]), "count": np.array(6)}
    sums: Arrays = {}
    for _ in range(3):
        loop.add(sums, parts)
    found = loop.mean(sums, 3, parts)
    assert {name: part.tolist() for name, part in found.items()} == {
        "mask": [True, False],
        "count": 6,
    }
    assert all(found[name].dtype == part.dtype for name, part in parts.items())


def test_the_last_weights_are_averaged(tmp_path: Path) -> None:
    seen: list[Arrays] = []

    class Watched(CompiledStep):
        def weights(self) -> Arrays:
            seen.append(super().weights())
            return seen[-1]

    asked = RECIPE.model_copy(update={"steps": 10, "average": 0.3})
    found, _ = loop.train(MODEL, windows(asked), seed=0, begin=Watched)
    assert len(seen) == 3 + 1  # and the last ones, for their types
    for name, mean in found.items():
        expected = np.mean([part[name] for part in seen[:3]], 0, np.float64)
        np.testing.assert_array_equal(mean, np.asarray(expected, mean.dtype))

    keeper = resume.Keeper(tmp_path / "state", "key", 3, resume.StopRequest())

    def die(step: int, _: Array) -> None:
        if step == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(MODEL, windows(asked), 0, keeper=keeper, progress=die)
    again, _ = loop.train(MODEL, windows(asked), 0, keeper=keeper)
    assert all(np.array_equal(found[name], again[name]) for name in found)
