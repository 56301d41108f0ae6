"""The hand-written recurrences against autograd and against PyTorch's layers."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from counting.networks.layers import GRU, LSTM, RNN, Loop
from counting.training.optimizer import one_vector

T, B, H, V = 7, 3, 5, 11
PAIRS: dict[str, Any] = {
    "rnn tanh": (lambda: RNN(4, H), lambda: nn.RNN(4, H)),
    "rnn relu": (
        lambda: RNN(4, H, nonlinearity="relu"),
        lambda: nn.RNN(4, H, nonlinearity="relu"),
    ),
    "gru": (lambda: GRU(4, H), lambda: nn.GRU(4, H)),
    "lstm": (lambda: LSTM(4, H), lambda: nn.LSTM(4, H)),
}


class LoopByAutograd(nn.Module):
    """The article's loop, one step after the other, under autograd."""

    def __init__(self, nonlinearity: Any, size: int = 4) -> None:
        super().__init__()
        self.h_h, self.act = nn.Linear(size, size), getattr(torch, nonlinearity)

    def forward(self, inputs: Any, hidden: Any = None) -> Any:
        h = torch.zeros_like(inputs[0]) if hidden is None else hidden[0]
        states = []
        for e in inputs:
            h = self.act(self.h_h(h + e))
            states.append(h)
        return torch.stack(states), h[None]


for act in ("tanh", "relu"):
    PAIRS[f"loop {act}"] = (
        lambda act=act: Loop(4, act),
        lambda act=act: LoopByAutograd(act),
    )


@pytest.fixture(params=PAIRS)
def pair(request: Any) -> Any:
    """Our layer and its oracle, with the same weights, in float64."""
    torch.manual_seed(0)
    ours, theirs = (make().double() for make in PAIRS[request.param])
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def parts(hidden: Any) -> Any:
    return hidden if isinstance(hidden, tuple) else (hidden,)


def a_hidden_state(layer: Any) -> Any:
    state = [
        torch.randn(1, B, layer.hidden_size, dtype=torch.float64, requires_grad=True)
        for _ in range(layer.carried)
    ]
    return tuple(state) if layer.carried > 1 else state[0]


def everything(layer: Any, run: Any, leaves: Any, hidden: Any) -> Any:
    """States, last hidden state, and the gradients of a loss that depends on both."""
    states, last = run(hidden)
    weights = torch.arange(states.numel(), dtype=states.dtype).view_as(states).cos()
    loss = (states * weights).sum() + sum((p * p).sum() for p in parts(last))
    inputs = [*leaves, *(parts(hidden) if hidden is not None else ())]
    inputs += [p for _, p in sorted(layer.named_parameters())]
    return [states, *parts(last), *torch.autograd.grad(loss, inputs)]


@pytest.mark.parametrize("with_hidden", [False, True])
def test_results_and_gradients_over_inputs_are_those_of_autograd(
    pair: Any, with_hidden: Any
) -> None:
    ours, _ = pair
    hidden = a_hidden_state(ours) if with_hidden else None
    inputs = torch.randn(T, B, 4, dtype=torch.float64, requires_grad=True)
    mine, oracle = (
        everything(layer, lambda h, run=layer: run(inputs, h), [inputs], hidden)
        for layer in pair
    )
    for a, b in zip(mine, oracle, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("with_hidden", [False, True])
def test_results_and_gradients_over_tokens_are_those_of_embedding_first(
    pair: Any, with_hidden: Any
) -> None:
    ours, theirs = pair
    hidden = a_hidden_state(ours) if with_hidden else None
    table = torch.randn(V, 4, dtype=torch.float64, requires_grad=True)
    tokens = torch.randint(V, (T, B))
    mine = everything(
        ours, lambda h: ours.over_tokens(tokens, table, h), [table], hidden
    )
    oracle = everything(theirs, lambda h: theirs(table[tokens], h), [table], hidden)
    for a, b in zip(mine, oracle, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_gradients_agree_with_finite_differences(pair: Any) -> None:
    ours, _ = pair
    tokens, table = torch.randint(V, (4, 2)), torch.randn(V, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda e: ours.over_tokens(tokens, e)[0], table.requires_grad_()
    )


def test_one_step_at_a_time_with_the_state_carried_gives_the_whole(pair: Any) -> None:
    ours, _ = pair
    tokens, table = torch.randint(V, (T, B)), torch.randn(V, 4, dtype=torch.float64)
    table.requires_grad_()
    whole, _ = ours.over_tokens(tokens, table)
    hidden, steps = None, []
    for t in range(T):
        states, hidden = ours.over_tokens(tokens[t : t + 1], table, hidden)
        steps.append(states)
    stepped = torch.cat(steps)
    torch.testing.assert_close(stepped, whole)
    torch.testing.assert_close(
        torch.autograd.grad(stepped.sin().sum(), table),
        torch.autograd.grad(whole.sin().sum(), table),
    )


def test_a_detached_state_survives_later_passes(pair: Any) -> None:
    ours, _ = pair
    tokens, table = torch.randint(V, (T, B)), torch.randn(V, 4, dtype=torch.float64)
    states, hidden = ours.over_tokens(tokens, table)
    kept = [part.detach() for part in parts(hidden)]
    before = [part.clone() for part in kept]
    states.sum().backward()
    for _ in range(3):
        ours.over_tokens(tokens.flip(0), table)[0].sum().backward()
    torch.testing.assert_close(kept, before, rtol=0, atol=0)


def test_a_second_backward_after_another_forward_gives_the_same(pair: Any) -> None:
    ours, _ = pair
    tokens, table = torch.randint(V, (T, B)), torch.randn(V, 4, dtype=torch.float64)
    table.requires_grad_()
    loss = ours.over_tokens(tokens, table)[0].sin().sum()
    (first,) = torch.autograd.grad(loss, table, retain_graph=True)
    ours.over_tokens(tokens.flip(0), table)[0].sum().backward()
    (second,) = torch.autograd.grad(loss, table)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["rnn tanh", "gru", "lstm"])
def test_the_same_seed_gives_pytorchs_initial_weights(kind: Any) -> None:
    ours, theirs = PAIRS[kind]
    torch.manual_seed(1)
    mine = ours().state_dict()
    torch.manual_seed(1)
    torch.testing.assert_close(mine, theirs().state_dict(), rtol=0, atol=0)


def test_inputs_of_another_size_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"shape \(7, 3, 5\), expected \(T, B, 4\)"):
        GRU(4, H)(torch.zeros(T, B, 5))


def test_a_hidden_state_of_another_batch_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 2, 5\), expected \(1, 3, 5\)"):
        GRU(4, H)(torch.zeros(T, B, 4), torch.zeros(1, 2, H))


def test_embedded_tokens_given_as_tokens_are_an_error() -> None:
    with pytest.raises(ValueError, match="for embedded tokens call the layer itself"):
        RNN(4, H).over_tokens(torch.zeros(T, B), torch.zeros(V, 4))


@pytest.mark.parametrize("token", [-1, V])
def test_a_token_without_a_row_is_an_error(token: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 10: the rows of the embedding"):
        GRU(4, H).over_tokens(torch.tensor([[0, token]]), torch.zeros(V, 4))


def test_an_unknown_nonlinearity_is_an_error() -> None:
    with pytest.raises(ValueError, match="'gelu', expected tanh or relu"):
        RNN(4, H, nonlinearity="gelu")


def test_one_vector_holds_the_parameters_and_their_gradients() -> None:
    model = nn.Linear(3, 2)
    before = copy.deepcopy(model.state_dict())
    vector = one_vector(list(model.parameters()))
    torch.testing.assert_close(model.state_dict(), before)
    model(torch.ones(1, 3)).sum().backward()
    torch.testing.assert_close(vector.grad, torch.ones(8))
    with torch.no_grad():
        vector.zero_()
    assert not model.weight.any()
