"""The ingredients of a recipe, each against a figure worked out another way."""

from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from counting.base.checkpoint import Arrays
from counting.base.params import Decay, Recipe
from counting.networks import Network
from counting.training import batches, loop
from counting.training.steps import AutogradStep, CompiledStep
from tests.variants import HEADS, KINDS, model, recipe

V = 6
STREAM = np.arange(400) % V
MODEL = model("gru", hidden_size=8, batch_size=4)
RECIPE = recipe(
    bptt=9,
    burn_in=3,
    warm_up=0.1,
    hard={"share": 0.5, "from_step": 4, "every": 4, "power": 2.0},
)
EVERYTHING = recipe(
    bptt=9,
    burn_in=3,
    warm_up=0.1,
    carry=0.5,
    clip_norm=0.5,
    optimiser="adamw",
    weight_decay={"first": 0.5, "then": 0.1},
)


def test_the_cost_of_a_window_is_the_sum_over_its_scored_targets() -> None:
    losses = torch.arange(12.0)
    costs = batches.window_costs(losses, bptt=4, burn_in=1, power=2.0)
    expected = [
        sum(float(losses[start + t]) ** 2 for t in (2, 3, 4)) for start in range(12 - 4)
    ]
    torch.testing.assert_close(costs, torch.tensor(expected))


def test_hard_windows_are_drawn_in_proportion_to_their_costs() -> None:
    drawing = torch.Generator().manual_seed(0)
    costs = torch.tensor([1.0, 0.0, 3.0])
    drawn = batches.hard_starts(costs, 4000, drawing)
    counts = torch.bincount(drawn, minlength=3)
    assert counts[1] == 0
    assert 2.7 < counts[2] / counts[0] < 3.3


def test_every_token_is_scored_once_with_the_loss_the_network_gives_it() -> None:
    weights = CompiledStep(MODEL, RECIPE, V).weights()
    losses = loop.token_losses(MODEL, weights, STREAM, RECIPE)
    network = Network(MODEL, V).eval()
    network.load_state_dict({k: torch.from_numpy(a) for k, a in weights.items()})
    T, skip, stream = RECIPE.bptt, RECIPE.burn_in, torch.from_numpy(STREAM)
    expected = torch.zeros(len(STREAM))
    with torch.no_grad():
        for start in range(0, len(STREAM) - T, T - skip):
            window = stream[start : start + T + 1]
            log_p, _ = network(window[None, :-1])
            nats = F.nll_loss(log_p[0], window[1:], reduction="none")
            expected[start + skip + 1 : start + T + 1] = nats[skip:]
    torch.testing.assert_close(losses, expected)
    assert (losses[skip + 1 : -T] > 0).all()


def test_windows_with_one_scored_position_are_measured_right() -> None:
    one = recipe(bptt=4, burn_in=3)
    weights = CompiledStep(MODEL, one, V).weights()
    losses = loop.token_losses(MODEL, weights, STREAM, one)
    longer = loop.token_losses(MODEL, weights, STREAM, recipe(bptt=30, burn_in=3))
    assert (losses[4:-30] > 0).all()
    assert losses[4:-30].std() > 0
    assert abs(float(losses[4:-30].mean() - longer[4:-30].mean())) < 0.2


def test_one_cycle_climbs_to_the_learning_rate_and_falls_to_nothing() -> None:
    rates = [loop.rates(MODEL, RECIPE, step, 20)[0] for step in range(20)]
    assert rates[:3] == pytest.approx([0.005, 0.01, 0.01])
    assert rates[-1] == pytest.approx(0.01 / 18)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_weight_decay_jumps_at_a_share_of_the_steps_or_falls_in_a_line() -> None:
    jump, line = Decay(first=1.0, then=0.1, at=0.6), Decay(first=1.0, then=0.1)
    assert [loop.decay_at(jump, x) for x in (0.0, 0.59, 0.6, 1.0)] == [
        1,
        1,
        0.1,
        0.1,
    ]
    assert loop.decay_at(line, 0.0) == 1.0
    assert loop.decay_at(line, 0.5) == pytest.approx(0.55)


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


def masked(head: str) -> dict[str, float]:
    return {"token_dropout": 0.2, **({"copy_dropout": 0.2} if head == "copy" else {})}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps_by_either_engine_have_the_same_losses(kind: str, head: str) -> None:
    config = model(kind, head, **masked(head))
    ten: Recipe = EVERYTHING.model_copy(update={"steps": 10})
    found = [
        loop.train(config, ten, STREAM, V, seed=3, begin=begin)
        for begin in (CompiledStep, partial(AutogradStep, device="cpu"))
    ]
    (_, ours), (_, theirs) = found
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert len(set(ours[:, 0])) == 10
