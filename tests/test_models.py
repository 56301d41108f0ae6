"""The networks against PyTorch's own layers, and token by token against all at once."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from counting.base import params
from counting.networks.layers import Loop
from counting.networks.network import CountingModel

V, B, T = 11, 3, 9
VARIANTS = list(params.load().models)
each_variant = pytest.mark.parametrize("variant", VARIANTS)


def network(variant: str) -> CountingModel:
    torch.manual_seed(0)
    model = CountingModel(params.load().models[variant], V)
    with torch.no_grad():  # statistics and scales that are not those of a new network
        for name, statistic in model.bn.named_buffers():
            if name == "running_mean":
                statistic.uniform_(-0.5, 0.5)
            if name == "running_var":
                statistic.uniform_(0.5, 2)
        model.bn.weight.uniform_(0.5, 1.5)
        model.bn.bias.uniform_(-0.5, 0.5)
    return model.eval()


def tokens() -> Tensor:
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1))


def test_the_loop_equals_pytorchs_rnn_forward_and_in_its_gradients() -> None:
    torch.manual_seed(0)
    H = 16
    loop, peer = Loop(H, "tanh"), nn.RNN(H, H)
    W, b = loop.h_h.weight.detach(), loop.h_h.bias.detach()
    peer.load_state_dict(  # h_h(h + e) = W h + (W e + b): one weight in both places
        {
            "weight_ih_l0": W,
            "weight_hh_l0": W,
            "bias_ih_l0": b,
            "bias_hh_l0": torch.zeros(H),
        }
    )
    embedded = torch.randn(T, B, H)
    ours, theirs = (embedded.clone().requires_grad_() for _ in range(2))
    (states, last), (expected, expected_last) = loop(ours), peer(theirs)
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(last, expected_last, atol=1e-5, rtol=0)
    weight = torch.randn_like(states)
    (states * weight).sum().backward()
    (expected * weight).sum().backward()
    grad = {name: p.grad for name, p in peer.named_parameters() if p.grad is not None}
    both = grad["weight_ih_l0"] + grad["weight_hh_l0"]
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=0)
    torch.testing.assert_close(loop.h_h.weight.grad, both, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(
        loop.h_h.bias.grad, grad["bias_ih_l0"], atol=1e-5, rtol=1e-5
    )


@each_variant
def test_step_by_step_with_carried_state_equals_the_whole_sequence(
    variant: str,
) -> None:
    model = network(variant)
    with torch.no_grad():
        whole, _ = model(tokens())
        hidden: Any = None
        steps = []
        for t in range(T):
            logits, hidden = model(tokens()[:, t : t + 1], hidden)
            steps.append(logits)
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-5, rtol=1e-5)


@each_variant
def test_what_a_position_says_does_not_depend_on_later_tokens(variant: str) -> None:
    model = network(variant)
    changed = tokens()
    changed[:, 5:] = (changed[:, 5:] + 1) % V
    with torch.no_grad():
        one, two = model(tokens())[0], model(changed)[0]
    torch.testing.assert_close(one[:, :5], two[:, :5])
    assert not torch.equal(one[:, 5:], two[:, 5:])


@each_variant
def test_logits_have_a_row_for_every_token_and_every_weight_a_gradient(
    variant: str,
) -> None:
    model = network(variant).train()
    logits, _ = model(tokens())
    assert logits.shape == (B, T, V)
    nn.functional.cross_entropy(logits.flatten(0, 1), tokens().flatten()).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None]
    assert idle == []


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    def weights(seed: int) -> Tensor:
        torch.manual_seed(seed)
        model = CountingModel(params.load().models["gru"], V)
        return torch.cat([p.flatten() for p in model.parameters()])

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))
