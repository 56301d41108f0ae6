"""One teacher-forced pass against the article's growing prefix and plain counting."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from counting.base.models import Model
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import scores
from counting.evaluation.definition import Definition
from counting.networks import Network
from counting.training import loop
from counting.training.batches import Windows
from tests.variants import HEADS, KINDS, model, recipe

V, WINDOW, PROMPT, STEPS = 6, 30, 8, 10
SIZES = {"window": WINDOW, "prompt": PROMPT, "steps": STEPS}
LENGTH = PROMPT + STEPS


def a_stream(n: int) -> Array:
    """Walk almost in a cycle, so that a trained network is right, but not always."""
    slips = (np.random.default_rng(0).random(n) < 0.02).cumsum()
    stream: Array = ((np.arange(n) + slips) % V).astype(np.int16)
    return stream


def trained(config: Model, steps: int) -> tuple[Inference, Network]:
    """One training, for the engine and as the definition."""
    short = recipe(steps=steps, bptt=20)
    windows = Windows(a_stream(2000), short, config.batch_size, V)
    weights, _ = loop.train(config, windows, seed=0)
    definition = Network(config, V).eval()
    definition.load_state_dict({k: torch.from_numpy(a) for k, a in weights.items()})
    return Inference(Weights.of(config, weights)), definition


def small(kind: str, head: str = "linear") -> Model:
    return model(kind, head, hidden_size=8, batch_size=16, learning_rate=0.02)


@torch.no_grad()
def growing_prefix(definition: Network, window: Tensor) -> list[int]:
    """Decode as the article does: append, and run the whole prefix again."""
    prefix = window[:PROMPT]
    for _ in range(STEPS):
        log_p, _ = definition(prefix[None])
        prefix = torch.cat([prefix, log_p[:, -1].argmax(-1)])
    return prefix[PROMPT:].tolist()


@torch.no_grad()
def oracle(definition: Network, words: Array, stride: int = 1) -> dict[str, Any]:
    """Give what `score` gives, window by window, without any of its shortcuts."""
    losses, hits, lasts, wrong_at, decoded = [], [], [], [], []
    stream = torch.from_numpy(words).long()
    for start in range(0, len(stream) - WINDOW, stride):
        window = stream[start : start + WINDOW + 1]
        log_p, _ = definition(window[None, :-1])
        losses.append(F.nll_loss(log_p[0].double(), window[1:]).item())
        right = log_p[0].argmax(-1) == window[1:]
        hits.append(right.double().mean().item())
        lasts.append(right[-1].item())
    starts = range(0, len(stream) - LENGTH + 1, stride)
    for start in starts:
        said = growing_prefix(definition, stream[start : start + PROMPT])
        truth = stream[start + PROMPT : start + LENGTH].tolist()
        wrong = [k for k in range(STEPS) if said[k] != truth[k]]
        if wrong:
            wrong_at.append(start + PROMPT + wrong[0])
            decoded.append(said[wrong[0]])
    return {
        "loss": sum(losses) / len(losses),
        "token_accuracy": sum(hits) / len(hits),
        "last_token_accuracy": sum(lasts) / len(lasts),
        "sequence_accuracy": 1 - len(wrong_at) / len(starts),
        "wrong_at": wrong_at,
        "decoded": decoded,
        "windows": len(losses),
        "sequences": len(starts),
    }


def agree(found: scores.Scores, expected: dict[str, Any]) -> None:
    assert found.wrong_at.tolist() == expected["wrong_at"]
    assert found.decoded.tolist() == expected["decoded"]
    assert (found.windows, found.sequences) == (
        expected["windows"], expected["sequences"]
    )  # fmt: skip
    for key in ("token_accuracy", "last_token_accuracy", "sequence_accuracy"):
        assert getattr(found, key) == pytest.approx(expected[key], abs=1e-12)
    assert found.loss == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("steps", [2, 60])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_one_pass_agrees_with_the_growing_prefix_on_weak_and_strong_networks(
    kind: str, head: str, steps: int
) -> None:
    inference, definition = trained(small(kind, head), steps)
    stream, expected = a_stream(75), oracle(definition, a_stream(75))
    agree(scores.score(inference, stream, **SIZES), expected)
    agree(scores.score(Definition(definition), stream, **SIZES), expected)


def test_with_a_stride_of_seven_every_seventh_window_is_scored() -> None:
    inference, definition = trained(small("gru"), 60)
    found = scores.score(inference, a_stream(120), **SIZES, stride=7)
    agree(found, oracle(definition, a_stream(120), stride=7))


def test_chunks_do_not_change_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    inference, _ = trained(small("lstm"), 60)
    whole = scores.score(inference, a_stream(120), **SIZES)
    monkeypatch.setattr(scores, "CHUNK", 7)
    parts = scores.score(inference, a_stream(120), **SIZES)
    assert parts.wrong_at.tolist() == whole.wrong_at.tolist()
    assert parts.right_through == whole.right_through
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)


def test_the_strong_network_of_these_tests_is_neither_hopeless_nor_perfect() -> None:
    found = scores.score(trained(small("gru"), 60)[0], a_stream(300), **SIZES)
    assert 0.1 < found.sequence_accuracy < 1
    assert list(found.right_through) == sorted(found.right_through, reverse=True)


def test_a_stream_without_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="stream has 30 tokens, expected more than 30"):
        scores.score(trained(small("rnn tanh"), 2)[0], a_stream(30), **SIZES)
