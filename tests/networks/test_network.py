"""The definition against PyTorch's layers, and token by token against all at once."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from counting import networks
from counting.base import parameters
from counting.base.errors import InputError
from counting.base.types import NO_TARGET
from counting.networks import Loop
from tests.conftest import Project
from tests.variants import HEADS, KINDS, V, model, network

B, T = 3, 9
each_kind = pytest.mark.parametrize("kind", KINDS)
each_head = pytest.mark.parametrize("head", HEADS)


def tokens() -> Tensor:
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_the_loop_is_pytorchs_rnn_with_one_weight_in_both_places(
    nonlinearity: str,
) -> None:
    torch.manual_seed(0)
    H = 16
    loop = Loop(H, nonlinearity)
    peer = nn.RNN(H, H, nonlinearity=nonlinearity, batch_first=True)
    W, b = loop.h_h.weight.detach(), loop.h_h.bias.detach()
    peer.load_state_dict(  # h_h(h + e) = W h + (W e + b)
        {
            "weight_ih_l0": W,
            "weight_hh_l0": W,
            "bias_ih_l0": b,
            "bias_hh_l0": torch.zeros(H),
        }
    )
    embedded, h_0 = torch.randn(B, T, H), torch.randn(1, B, H)
    ours, theirs = (embedded.clone().requires_grad_() for _ in range(2))
    (states, last), (expected, expected_last) = loop(ours, h_0), peer(theirs, h_0)
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(last, expected_last, atol=1e-5, rtol=0)
    weight = torch.randn_like(states)
    (states * weight).sum().backward()
    (expected * weight).sum().backward()
    grad = {name: p.grad for name, p in peer.named_parameters() if p.grad is not None}
    both = grad["weight_ih_l0"] + grad["weight_hh_l0"]
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=0)
    torch.testing.assert_close(loop.h_h.weight.grad, both, atol=1e-4, rtol=1e-5)


@each_head
@each_kind
def test_token_by_token_with_a_carried_state_is_the_whole_sequence(
    kind: str, head: str
) -> None:
    definition = network(model(kind, head)).eval()
    with torch.no_grad():
        whole, _ = definition(tokens())
        state: Any = None
        steps = []
        for t in range(T):
            log_p, state = definition(tokens()[:, t : t + 1], state)
            steps.append(log_p)
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(whole.exp().sum(-1), torch.ones(B, T))


@each_head
@each_kind
def test_what_a_position_says_does_not_depend_on_later_tokens(
    kind: str, head: str
) -> None:
    definition = network(model(kind, head)).eval()
    changed = tokens()
    changed[:, 5:] = (changed[:, 5:] + 1) % V
    with torch.no_grad():
        one, two = definition(tokens())[0], definition(changed)[0]
    torch.testing.assert_close(one[:, :5], two[:, :5])
    assert not torch.equal(one[:, 5:], two[:, 5:])


@each_head
@each_kind
def test_every_weight_has_a_gradient(kind: str, head: str) -> None:
    config = model(kind, head)
    definition = network(config).train()
    log_p, _ = definition(tokens())
    log_p.mean().backward()
    assert [n for n, p in definition.named_parameters() if p.grad is None] == []


@each_head
@each_kind
def test_every_tensor_is_known_without_pytorch(kind: str, head: str) -> None:
    config = model(kind, head)
    definition = network(config)
    learned = dict(definition.named_parameters())
    assert [
        (name, t.shape, t.learned, t.dtype)
        for name, t in parameters.tensors(config, V).items()
    ] == [
        (name, tuple(t.shape), name in learned, str(t.dtype).removeprefix("torch."))
        for name, t in definition.state_dict().items()
    ]


@each_head
def test_what_is_not_scored_adds_nothing_to_the_loss(head: str) -> None:
    definition = network(model("gru", head)).eval()
    targets = tokens()
    targets[:, :6] = targets[1] = NO_TARGET
    loss, log_p = definition.loss(tokens(), targets)
    said = [log_p[b, t, targets[b, t]].item() for b in (0, 2) for t in range(6, T)]
    assert loss.item() == pytest.approx(-sum(said) / len(said), rel=1e-6)
    nothing, _ = definition.loss(tokens(), torch.full_like(targets, NO_TARGET))
    nothing.backward()
    assert nothing.item() == 0
    assert not any(p.grad.any() for p in definition.parameters() if p.grad is not None)


def test_a_trained_network_is_loaded_from_its_folder_and_seed(
    finished: Project,
) -> None:
    found = networks.load(finished.path("data/models/gru"), 0)
    log_p, state = found(tokens())
    assert log_p.shape == (B, T, 29)
    assert not found.training
    again, _ = found(tokens(), state)
    assert not torch.equal(again, log_p)


def test_an_unknown_seed_or_folder_is_refused(finished: Project) -> None:
    with pytest.raises(InputError, match=r"seed 7 was not .* one of 0, 1"):
        networks.load(finished.path("data/models/gru"), 7)
    with pytest.raises(InputError, match=r"config.json: not found"):
        networks.load(Path("nowhere"), 0)


def test_reading_the_definition_loads_no_compiled_engine(project: Project) -> None:
    code = (
        "import sys, counting.networks; "
        "assert not {'numba', 'counting.engine'} & set(sys.modules)"
    )
    outcome = project.shell("python", "-c", code)
    assert (outcome.code, outcome.err) == (0, "")
