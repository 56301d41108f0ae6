"""The ingredients of a recipe, each against a figure worked out another way."""

import pytest
import torch
import torch.nn.functional as F

from counting.base import params
from counting.base.params import Decay, Hard, Model, Recipe
from counting.training import batches as batching
from counting.training import loop as training

V = 6
STREAM = torch.arange(400) % V
MODEL = Model(
    recurrence="gru",
    hidden_size=8,
    head="linear",
    recipe="any",
    batch_size=4,
    learning_rate=0.01,
)
RECIPE = Recipe(
    sampling="windows",
    steps=20,
    bptt=9,
    burn_in=3,
    optimiser="adam",
    warm_up=0.1,
    hard=Hard(share=0.5, from_step=4, every=4, power=2.0),
)


def test_the_cost_of_a_window_is_the_sum_over_its_scored_targets() -> None:
    losses = torch.arange(12.0)
    costs = batching.window_costs(losses, bptt=4, burn_in=1, power=2.0)
    expected = [
        sum(float(losses[start + t]) ** 2 for t in (2, 3, 4)) for start in range(12 - 4)
    ]
    torch.testing.assert_close(costs, torch.tensor(expected))


def test_hard_windows_are_drawn_in_proportion_to_their_costs() -> None:
    drawing = torch.Generator().manual_seed(0)
    costs = torch.tensor([1.0, 0.0, 3.0])
    drawn = batching.hard_starts(costs, 4000, drawing)
    counts = torch.bincount(drawn, minlength=3)
    assert counts[1] == 0
    assert 2.7 < counts[2] / counts[0] < 3.3


def test_every_token_is_scored_once_with_the_loss_the_network_gives_it() -> None:
    now = training.begin(MODEL, RECIPE, V, seed=0, steps=20, windows=391)
    losses = training.token_losses(now.network, STREAM, RECIPE)
    network = now.network.eval()
    T, skip = RECIPE.bptt, RECIPE.burn_in
    expected = torch.zeros(len(STREAM))
    with torch.no_grad():
        for start in range(0, len(STREAM) - T, T - skip):
            window = STREAM[start : start + T + 1]
            logits, _ = network(window[None, :-1])
            nats = F.cross_entropy(logits[0], window[1:], reduction="none")
            expected[start + skip + 1 : start + T + 1] = nats[skip:]
    torch.testing.assert_close(losses, expected)
    assert (losses[skip + 1 : -T] > 0).all()


def test_one_cycle_climbs_to_the_learning_rate_and_falls_to_nothing() -> None:
    now = training.begin(MODEL, RECIPE, V, seed=0, steps=20, windows=391)
    rates = []
    for step in range(20):
        training.set_rates(now.optimiser, MODEL, RECIPE, step, 20)
        rates.append(now.optimiser.param_groups[0]["lr"])
    assert rates[:3] == pytest.approx([0.005, 0.01, 0.01])
    assert rates[-1] == pytest.approx(0.01 / 18)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_weight_decay_jumps_at_a_share_of_the_steps_or_falls_in_a_line() -> None:
    jump, line = Decay(first=1.0, then=0.1, at=0.6), Decay(first=1.0, then=0.1)
    assert [training.decay_at(jump, x) for x in (0.0, 0.59, 0.6, 1.0)] == [
        1,
        1,
        0.1,
        0.1,
    ]
    assert training.decay_at(line, 0.0) == 1.0
    assert training.decay_at(line, 0.5) == pytest.approx(0.55)


def test_training_learns_a_cycle_and_records_every_step() -> None:
    recipe = RECIPE.model_copy(update={"steps": 150})
    weights, curves = training.train(MODEL, recipe, STREAM, V, seed=0)
    assert curves.shape == (150, 3)
    assert curves[:3, 0].mean() > 1.5  # near log 6
    assert curves[-3:, 0].mean() < 0.3
    assert curves[-1, 2] == 1.0
    assert weights["h_o.weight"].shape == (V, 8)


def test_a_seed_fixes_the_weights_and_another_gives_others() -> None:
    def trained(seed: int) -> torch.Tensor:
        weights, _ = training.train(MODEL, RECIPE, STREAM, V, seed)
        return weights["h_o.weight"]

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


@pytest.mark.parametrize("variant", params.load().models)
def test_every_variant_takes_a_few_steps_of_its_recipe(variant: str) -> None:
    model, recipe = params.load().variant(variant)
    short = {"epochs": 1} if recipe.epochs else {"steps": 3}
    small = model.model_copy(update={"hidden_size": 8, "batch_size": 4})
    recipe = recipe.model_copy(update=short)
    _, curves = training.train(small, recipe, STREAM, V, seed=0)
    assert curves.isfinite().all()
