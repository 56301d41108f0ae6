"""The hand-written recurrences against autograd and against PyTorch's layers."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from stages.counting.bptt import learn
from stages.counting.flat import one_vector
from stages.counting.layers import GRU, LSTM, RNN, Loop
from stages.counting.readout import readout
from stages.counting.recurrence import Loan

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

    def __init__(self, nonlinearity: Any) -> None:
        super().__init__()
        self.h_h, self.act = nn.Linear(4, 4), getattr(torch, nonlinearity)

    def forward(self, inputs: Any, hidden: Any = None) -> Any:
        h = inputs.new_zeros(inputs.shape[1], 4) if hidden is None else hidden[0]
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


def test_several_chunks_and_a_short_one_give_what_one_gives(
    pair: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(
        "stages.counting.recurrence.ROWS", 3 * B
    )  # T = 7: chunks of 3, 3 and 1
    test_results_and_gradients_over_tokens_are_those_of_embedding_first(pair, True)


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


def test_a_pass_without_a_backward_gives_its_buffers_back(pair: Any) -> None:
    ours, _ = pair
    tokens, table = torch.randint(V, (T, B)), torch.randn(V, 4, dtype=torch.float64)
    Loan.idle.clear()
    with torch.no_grad():
        ours.over_tokens(tokens, table)
    (walk,) = Loan.idle.values()
    ours.over_tokens(tokens, table)
    assert list(Loan.idle.values()) == [walk]


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


def test_an_unknown_nonlinearity_is_an_error() -> None:
    with pytest.raises(ValueError, match="'gelu', expected tanh or relu"):
        RNN(4, H, nonlinearity="gelu")


def test_the_readout_is_batch_norm_and_linear_forward_and_backward() -> None:
    bn, h_o = nn.BatchNorm1d(H).double(), nn.Linear(H, V).double()
    nn.init.uniform_(bn.weight, 0.5, 1.5)
    nn.init.uniform_(bn.bias)
    states = torch.randn(T, B, H, dtype=torch.float64, requires_grad=True)
    leaves, results = [states, *bn.parameters(), *h_o.parameters()], []
    start = copy.deepcopy(bn.state_dict())
    for run in (
        lambda: readout(states, bn, h_o),
        lambda: h_o(bn(states.flatten(0, 1))).view(T, B, V),
    ):
        bn.load_state_dict(start)
        logits = run()
        gradients = torch.autograd.grad(logits.sin().sum(), leaves)
        moved = copy.deepcopy(bn.state_dict())
        bn.eval()
        results.append([logits, *gradients, *moved.values(), run()])
        bn.train()
    torch.testing.assert_close(*results)


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


@pytest.mark.parametrize("skip", [0, 3, T - 1])
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("rows", [2 * B, 640])
def test_a_step_by_hand_is_the_step_under_autograd(
    pair: Any, skip: Any, with_state: Any, rows: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("stages.counting.recurrence.ROWS", rows)
    ours, theirs = pair
    size = ours.hidden_size
    model: Any
    oracle: Any
    model, oracle = (
        nn.ModuleDict(
            {
                "layer": layer,
                "i_h": nn.Embedding(V, 4),
                "bn": nn.BatchNorm1d(size),
                "h_o": nn.Linear(size, V),
            }
        ).double()
        for layer in (ours, theirs)
    )
    nn.init.uniform_(model["bn"].weight, 0.5, 1.5)
    nn.init.uniform_(model["bn"].bias)
    oracle.load_state_dict(model.state_dict())
    state = a_hidden_state(ours) if with_state else None
    tokens, targets = torch.randint(V, (2, T, B))
    targets = targets[skip:]
    start = [] if state is None else [part.detach() for part in parts(state)]
    layer, i_h, bn, h_o = (model[name] for name in ("layer", "i_h", "bn", "h_o"))
    found = learn(layer, i_h, bn, h_o, tokens, targets, start, skip)
    states, last = oracle["layer"](oracle["i_h"](tokens), state)
    logits = oracle["h_o"](oracle["bn"](states[skip:].flatten(0, 1)))
    loss = nn.functional.cross_entropy(logits, targets.flatten())
    loss.backward()
    torch.testing.assert_close(found.loss, loss.detach())
    right = logits.argmax(1).view_as(targets) == targets
    assert torch.equal(found.right, right)
    for ours_end, end in zip(found.ends, parts(last), strict=True):
        torch.testing.assert_close(ours_end, end.detach())
    torch.testing.assert_close(model.state_dict(), oracle.state_dict())
    for (name, one), (_, other) in zip(
        model.named_parameters(), oracle.named_parameters(), strict=True
    ):
        torch.testing.assert_close(
            one.grad, other.grad, rtol=1e-8, atol=1e-12, msg=name
        )
