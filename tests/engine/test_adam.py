"""Our Adam against torch.optim's."""

import numpy as np
import pytest
import torch
from torch import nn

from counting.engine.adam import Adam, squared_norm

N, DECAYED = 103, 70


@pytest.mark.parametrize("clip_norm", [None, 2.0])
@pytest.mark.parametrize("decay", [None, 0.3])
def test_updates_are_those_of_torch(decay: float | None, clip_norm: float) -> None:
    draw = np.random.default_rng(0)
    values = draw.normal(size=N).astype(np.float32)
    gradients = np.zeros(N, np.float32)
    parts = [torch.from_numpy(p.copy()) for p in (values[:DECAYED], values[DECAYED:])]
    parameters = [nn.Parameter(part) for part in parts]
    groups = [{"params": [p]} for p in parameters]
    kind = torch.optim.Adam if decay is None else torch.optim.AdamW
    peer = kind(groups, lr=1.0)
    ours = Adam(values, gradients, DECAYED, clip_norm)
    for step in range(20):
        gradients[:] = draw.normal(size=N) * 0.1 * (step + 1)
        rate = 0.01 * (step + 1)
        for index, group in enumerate(peer.param_groups):
            group["lr"] = rate
            group["weight_decay"] = 0.0 if index else decay or 0.0
        parameters[0].grad = torch.from_numpy(gradients[:DECAYED].copy())
        parameters[1].grad = torch.from_numpy(gradients[DECAYED:].copy())
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(parameters, clip_norm)
        peer.step()
        ours.update(rate, decay)
        expected = torch.cat([p.detach() for p in parameters])
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)


def test_a_state_taken_over_goes_on_with_the_same_bits() -> None:
    draw = np.random.default_rng(0)
    first = draw.normal(size=N).astype(np.float32)
    gradients = draw.normal(size=N).astype(np.float32)
    one = Adam(first, gradients, DECAYED, 1.0)
    one.update(0.1, 0.2)
    second = first.copy()
    other = Adam(second, gradients, DECAYED, 1.0)
    other.load_state_dict(one.state_dict())
    for adam in (one, other):
        adam.update(0.1, 0.2)
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("n", [1, 4, 103])
def test_the_norm_is_that_of_numpy(n: int) -> None:
    values = np.random.default_rng(0).normal(size=n).astype(np.float32)
    expected = np.square(values.astype(np.float64)).sum()
    assert squared_norm(values) == pytest.approx(expected, rel=1e-12)
