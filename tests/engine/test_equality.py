"""The engine equals the definition: forward, gradients, every mask."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from counting.engine.backward import Backward
from counting.engine.copy_head import FLOOR
from counting.engine.forward import Carried, Inference
from counting.engine.weights import Weights
from counting.evaluation.definition import Definition
from counting.networks import Network, copy_head
from tests.variants import HEADS, KINDS, V, model, network

B, T, H = 3, 9, 5
each_kind = pytest.mark.parametrize("kind", KINDS)
each_head = pytest.mark.parametrize("head", HEADS)


def compiled(definition: Network, config: Any) -> tuple[Weights, dict[str, Any]]:
    """The same tensors for the engine, and room for the gradients."""
    tensors = {k: t.numpy().copy() for k, t in definition.state_dict().items()}
    parameters = {name for name, _ in definition.named_parameters()}
    gradients = {k: np.full_like(tensors[k], np.nan) for k in parameters}
    return Weights.of(config, tensors), gradients


def both(array: Tensor) -> tuple[Tensor, Any]:
    """Give a tensor (B, T) for the definition, and (T, B) for the engine."""
    return array, np.ascontiguousarray(array.T.numpy())


@pytest.mark.parametrize("scored", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("more", [(), ("no_copy",), ("no_copy", "read")])
@each_head
@each_kind
def test_a_step_is_that_of_autograd(
    kind: str, head: str, more: tuple[str, ...], scored: float
) -> None:
    config = model(kind, head)
    definition = network(config).double().train()
    engine, gradients = compiled(definition, config)
    tokens, ours = both(torch.randint(V, (B, T)))
    unknown = torch.rand(B, T) >= scored
    targets, our_targets = both(torch.randint(V, (B, T)).masked_fill(unknown, -1))
    known = {
        "no_copy": both(torch.rand(B, T) < 0.5),
        "read": both(torch.where(torch.rand(B, T) < 0.3, 0, tokens)),
    }
    drawn = {name: known[name] for name in more}

    backward = Backward(engine, gradients, T, B)
    found = backward(ours, our_targets, **{k: mine for k, (_, mine) in drawn.items()})

    theirs = {name: part for name, (part, _) in drawn.items()}
    loss, log_p = definition.loss(tokens, targets, **theirs)
    loss.backward()
    assert found.loss == pytest.approx(loss.item(), rel=1e-9)
    assert np.array_equal(found.correct, (log_p.argmax(-1) == targets).T.numpy())
    for name, parameter in definition.named_parameters():
        assert parameter.grad is not None
        assert scored or not parameter.grad.any()
        np.testing.assert_allclose(
            gradients[name], parameter.grad.numpy(), rtol=1e-8, atol=1e-12, err_msg=name
        )
    for name, buffer in definition.named_buffers():
        np.testing.assert_allclose(engine.tensors[name], buffer, err_msg=name)


@each_head
@each_kind
def test_in_float32_and_at_the_real_sizes_it_is_within_1e_5_of_float64(
    kind: str, head: str
) -> None:
    config = model(kind, head, hidden_size=64)
    definition = network(config)
    tokens, targets = np.random.default_rng(0).integers(V, size=(2, 40, 64))
    results = []
    for dtype in (torch.float64, torch.float32):
        engine, gradients = compiled(definition.to(dtype), config)
        Backward(engine, gradients, 40, 64)(tokens, targets)
        results.append(gradients)
    exact, single = results
    for name in exact:
        np.testing.assert_allclose(single[name], exact[name], rtol=1e-3, atol=1e-5)


@each_head
@each_kind
def test_reading_is_that_of_the_definition_all_at_once_and_token_by_token(
    kind: str, head: str
) -> None:
    config = model(kind, head)
    definition = network(config).double().eval()
    inference = Inference(compiled(definition, config)[0])
    (tokens, ours), (targets, our_targets) = (
        both(torch.randint(V, (B, T))),
        both(torch.randint(V, (B, T))),
    )
    with torch.no_grad():
        log_p, _ = definition(tokens)
    losses = -log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1).T
    whole, inside, end = inference.inspect(ours, our_targets)
    np.testing.assert_allclose(whole.losses, losses, rtol=1e-9)
    assert np.array_equal(whole.predicted, log_p.argmax(-1).T)
    states, _ = definition.layer(definition.i_h(tokens))
    np.testing.assert_allclose(inside.states, states.detach().transpose(0, 1))
    p = log_p.exp().transpose(0, 1)
    np.testing.assert_allclose(inside.probabilities, p, rtol=1e-6, atol=2e-8)

    theirs, by_definition, _ = Definition(definition).inspect(ours, our_targets)
    np.testing.assert_allclose(whole.losses, theirs.losses, rtol=1e-9)
    for part, expected in zip(inside, by_definition, strict=True):
        assert (part is None) == (expected is None)
        if part is not None and expected is not None:
            np.testing.assert_allclose(part, expected, rtol=1e-6, atol=2e-8)

    state: Carried | None = None
    for t in range(T):
        one, state = inference(ours[t : t + 1], our_targets[t : t + 1], state)
        np.testing.assert_array_equal(one.losses[0], whole.losses[t])
    assert state is not None
    for part, expected in zip(state, end, strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("cut", [1, 2, 5, 8])
@each_head
def test_a_state_carries_all_that_is_needed_wherever_a_stream_is_cut(
    head: str, cut: int
) -> None:
    config = model("gru", head, hidden_size=64)
    inference = Inference(compiled(network(config), config)[0])
    tokens = np.random.default_rng(1).integers(V, size=(T + 1, B))
    whole, _ = inference(tokens[:-1], tokens[1:])
    first, state = inference(tokens[:cut], tokens[1 : cut + 1])
    second, _ = inference(tokens[cut:-1], tokens[cut + 1 :], state)
    parts = np.concatenate([first.losses, second.losses])
    assert parts.tobytes() == whole.losses.tobytes()


def test_where_a_copy_head_looks_and_how_it_mixes_add_up() -> None:
    config = model("gru", "copy")
    inference = Inference(compiled(network(config), config)[0])
    tokens = np.random.default_rng(1).integers(V, size=(T, B))
    _, (_, _, gates, looks), state = inference.inspect(tokens)
    assert gates is not None
    assert looks is not None
    np.testing.assert_allclose(gates.sum(-1), 1, rtol=1e-6)
    assert looks.shape == (T, B, T)
    np.testing.assert_allclose(looks[1:].sum(-1), 1, rtol=1e-6)
    assert looks[6, :, 2:6].min() > 0
    assert looks[6, :, [0, 1, 6, 7, 8]].max() == 0
    _, (_, _, _, further), _ = inference.inspect(tokens[:1], None, state)
    assert further is not None
    assert further.shape == (1, B, 4 + 1)


def test_what_a_call_gave_is_not_overwritten_by_the_next() -> None:
    config = model("lstm", "copy")
    inference = Inference(compiled(network(config), config)[0])
    tokens = np.random.default_rng(1).integers(V, size=(2, T + 1, B))
    first, inside, state = inference.inspect(tokens[0, :-1], tokens[0, 1:])
    given = [part for part in (*first, *inside, *state) if part is not None]
    before = [part.copy() for part in given]
    inference(tokens[1, :-1], tokens[1, 1:])
    for part, expected in zip(given, before, strict=True):
        np.testing.assert_array_equal(part, expected)


def test_one_position_has_no_statistics() -> None:
    config = model("gru")
    with pytest.raises(ValueError, match="1 position has no variance"):
        Backward(*compiled(network(config), config), 1, 1)


def test_the_floor_of_the_copy_head_is_that_of_the_definition() -> None:
    assert copy_head.FLOOR == FLOOR
