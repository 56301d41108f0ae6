"""A step by hand against autograd through PyTorch's own layers, in float64."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from counting.base import params
from counting.engine.backward import Learner
from counting.engine.forward import Reader
from counting.networks.network import CountingModel
from tests.test_recurrence import LoopByAutograd

V, B, T, H = 11, 3, 9, 5
KINDS = ["loop relu", "loop tanh", "rnn relu", "rnn tanh", "gru", "lstm"]


def network(kind: str, copies: bool, hidden_size: int = H) -> CountingModel:
    """A network in float64, with scales that are not those of a new one."""
    torch.manual_seed(0)
    recurrence, _, activation = kind.partition(" ")
    config = params.Model.model_validate(
        {
            "recurrence": recurrence,
            "activation": activation or None,
            "hidden_size": hidden_size,
            "head": "copy" if copies else "linear",
            "memory": 4 if copies else None,
            "recipe": "any",
            "batch_size": B,
            "learning_rate": 0.01,
        }
    )
    model = CountingModel(config, V).double()
    with torch.no_grad():
        model.bn.weight.uniform_(0.5, 1.5)
        model.bn.bias.uniform_(-0.5, 0.5)
        if model.copying is not None:
            model.copying.S.uniform_(-0.5, 0.5)
    return model


def peer_layer(model: CountingModel, kind: str) -> nn.Module:
    """PyTorch's layer with the same parameters."""
    size, (name, _, act) = model.layer.hidden_size, kind.partition(" ")
    peer: nn.Module
    if name == "loop":
        peer = LoopByAutograd(act, size)
    elif name == "rnn":
        peer = nn.RNN(size, size, nonlinearity=act)
    else:
        peer = {"gru": nn.GRU, "lstm": nn.LSTM}[name](size, size)
    peer = peer.double()
    for own, other in zip(peer.parameters(), model.layer.parameters(), strict=True):
        own.data = other.data
    return peer


def grad(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad.clone()


def by_autograd(
    model: CountingModel,
    layer: nn.Module,
    tokens: Tensor,
    targets: Tensor,
    state: Any,
    unread: Tensor,
    shut: Tensor,
) -> tuple[Tensor, Tensor, Any]:
    """Loss, logits and last state of tokens (T, B), by PyTorch's own layers."""
    skip = len(tokens) - len(targets)
    embedded = model.i_h(tokens).masked_fill(unread.unsqueeze(-1), 0)
    states, last = layer(embedded, state)
    if model.copying is None:
        logits = model.h_o(model.bn(states[skip:].flatten(0, 1)))
        logits = logits.view(*targets.shape, -1)
    else:
        out = model.h_o(model.bn(states.flatten(0, 1))).view(*tokens.shape, -1)
        log_p, _ = model.copying(out.transpose(0, 1), tokens.t(), shut=shut.t())
        logits = log_p.transpose(0, 1)[skip:]
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    return loss, logits, last


@pytest.mark.parametrize("skip", [0, 3, T - 1])
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_by_hand_is_the_step_under_autograd(
    kind: str, copies: bool, with_state: bool, skip: int
) -> None:
    model = network(kind, copies)
    layer = peer_layer(model, kind)
    tokens, targets = torch.randint(V, (2, T, B))
    targets = targets[skip:]
    state = [
        torch.randn(1, B, H, dtype=torch.float64) for _ in range(model.layer.carried)
    ]
    start = state if with_state else []
    given = (tuple(start) if len(start) > 1 else start[0]) if start else None
    unread, shut = torch.rand(2, T, B) < 0.3

    learner = Learner(model, T, B, skip)
    learner.shut = shut.numpy()  # known draws
    read = tokens.masked_fill(unread, V).numpy()
    learner.drop = lambda _: read  # type: ignore[assignment, method-assign]
    found = learner(tokens, targets, start)
    statistics = {name: part.clone() for name, part in model.bn.named_buffers()}
    names = [name for name, _ in model.named_parameters()]
    ours = {name: grad(p) for name, p in model.named_parameters()}

    model.bn.reset_running_stats()
    loss, logits, last = by_autograd(model, layer, tokens, targets, given, unread, shut)
    leaves = [p for name, p in model.named_parameters() if "layer." not in name]
    layers = list(layer.parameters())
    gradients = torch.autograd.grad(loss, [*leaves, *layers])
    order = [n for n in names if "layer." not in n] + [
        n for n in names if "layer." in n
    ]
    for name, gradient in zip(order, gradients, strict=True):
        torch.testing.assert_close(ours[name], gradient, rtol=1e-8, atol=1e-12)
    torch.testing.assert_close(found.loss, loss.detach())
    assert torch.equal(found.right, logits.argmax(-1) == targets)
    ends = last if isinstance(last, tuple) else (last,)
    torch.testing.assert_close(found.ends, [end.detach() for end in ends])
    torch.testing.assert_close(statistics, dict(model.bn.named_buffers()))


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_in_float32_and_at_the_real_sizes_it_is_within_1e_5_of_float64(
    kind: str, copies: bool
) -> None:
    model = network(kind, copies, hidden_size=64)
    tokens, targets = torch.randint(V, (2, 40, 64))
    results = []
    for dtype in (torch.float64, torch.float32):
        model.to(dtype).zero_grad(set_to_none=True)
        found = Learner(model, 40, 64, 15)(tokens, targets[15:])
        results.append([found.loss, *(grad(p) for p in model.parameters())])
    for exact, single in zip(*results, strict=True):
        torch.testing.assert_close(single.double(), exact, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("skip", [0, 4])
@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_says_what_the_network_says(
    kind: str, copies: bool, skip: int
) -> None:
    model = network(kind, copies).eval()
    with torch.no_grad():
        for name, statistic in model.bn.named_buffers():
            if name.startswith("running"):
                statistic.uniform_(0.5, 2)
        tokens = torch.randint(V, (T + 1, B))
        logits = model(tokens[:-1].t())[0][:, skip:]  # (B, T - skip, V)
    said, nats = Reader(model, T, B, skip)(tokens)
    assert torch.equal(said, logits.argmax(-1).t())
    targets = tokens[1 + skip :].t()
    expected = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    torch.testing.assert_close(nats, expected.t())


def test_one_position_has_no_statistics() -> None:
    with pytest.raises(ValueError, match="1 position has no variance"):
        Learner(network("gru", copies=False), 4, 1, skip=3)
