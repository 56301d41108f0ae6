"""Initial weights against the distributions that PyTorch's layers begin with."""

import math
import statistics

import numpy as np
import pytest
import torch

from counting.base import parameters
from counting.base.types import Array
from counting.networks import Network, initial
from tests.conftest import Project
from tests.variants import HEADS, KINDS, model

V = 300


def distance(one: Array, other: Array) -> float:
    """The Kolmogorov-Smirnov distance of two samples, in units of its scatter."""
    both = np.sort(np.concatenate([one, other]))
    shares = [
        np.searchsorted(np.sort(part), both, side="right") / len(part)
        for part in (one, other)
    ]
    scatter = math.sqrt(1 / len(one) + 1 / len(other))
    return float(np.abs(shares[0] - shares[1]).max()) / scatter


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_distributions_and_bounds_are_those_of_pytorch(kind: str, head: str) -> None:
    config = model(kind, head, hidden_size=64)
    torch.manual_seed(0)
    theirs = {k: t.numpy() for k, t in Network(config, V).state_dict().items()}
    ours = initial.weights(config, V, seed=0)
    assert list(ours) == list(theirs)
    for name, tensor in parameters.tensors(config, V).items():
        one, other = ours[name].ravel(), theirs[name].ravel()
        assert (ours[name].shape, one.dtype) == (theirs[name].shape, other.dtype)
        if tensor.start == "constant":
            assert np.array_equal(one, other), name
            continue
        assert distance(one, other) < 1.95, name  # one in a thousand is above
        if tensor.start == "uniform":
            assert max(abs(one).max(), abs(other).max()) <= tensor.scale
            assert one.std() == pytest.approx(tensor.scale / math.sqrt(3), rel=0.15)


def test_the_normal_draws_are_nearly_normal() -> None:
    drawn = np.sort(initial.normal(np.random.PCG64(0), (2**18,)))
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert drawn.var() == pytest.approx(1, abs=0.01)
    every = np.linspace(0.5, len(drawn) - 0.5, 500).astype(int)
    expected = [statistics.NormalDist().cdf(x) for x in drawn[every].tolist()]
    np.testing.assert_allclose(every / len(drawn), expected, atol=0.005)


def test_a_seed_fixes_them_and_another_gives_others() -> None:
    one, two, other = (initial.weights(model("gru"), V, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["h_o.bias"], other["h_o.bias"])


def test_training_by_the_engine_loads_no_pytorch(finished: Project) -> None:
    code = (
        "import runpy, sys; sys.argv = ['train', *sys.argv[1:]]\n"
        "try: runpy.run_module('stages.train', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'counting.engine' in sys.modules and 'torch' not in sys.modules"
    )
    _, _, _, *flags = finished.command("train@gru")
    outcome = finished.shell("python", "-c", code, *flags)
    assert outcome.code == 0, outcome.err
