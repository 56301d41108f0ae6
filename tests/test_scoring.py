"""One teacher-forced pass against the article's growing prefix and plain counting."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from counting.base import params
from counting.engine import forward as reading
from counting.evaluation import scores as scoring
from counting.networks.network import CountingModel
from counting.training import loop as training

V, WINDOW, PROMPT, STEPS = 6, 30, 8, 10
SIZES = {"window": WINDOW, "prompt": PROMPT, "steps": STEPS}
LENGTH = PROMPT + STEPS


def a_stream(n: int) -> Tensor:
    """Walk almost in a cycle, so that a trained network is right, but not always."""
    drawing = torch.Generator().manual_seed(0)
    slips = (torch.rand(n, generator=drawing) < 0.02).cumsum(0)
    return (torch.arange(n) + slips) % V


def a_model(variant: str, steps: int) -> CountingModel:
    settings = params.load()
    small = {"hidden_size": 8, "batch_size": 16, "learning_rate": 0.02}
    model = settings.models[variant].model_copy(update=small)
    recipe = params.Recipe(sampling="windows", steps=steps, bptt=20, optimiser="adam")
    weights, _ = training.train(model, recipe, a_stream(2000), V, seed=0)
    network = CountingModel(model, V)
    network.load_state_dict(weights)
    return network.eval()


@torch.no_grad()
def growing_prefix(model: CountingModel, window: Tensor) -> list[int]:
    """Decode as the article does: append, and run the whole prefix again."""
    prefix = window[:PROMPT]
    for _ in range(STEPS):
        logits, _ = model(prefix[None])
        prefix = torch.cat([prefix, logits[:, -1].argmax(-1)])
    return prefix[PROMPT:].tolist()


@torch.no_grad()
def oracle(model: CountingModel, stream: Tensor, stride: int = 1) -> dict[str, Any]:
    """Give what `score` gives, window by window, without any of its shortcuts."""
    losses, hits, lasts, failures = [], [], [], []
    for start in range(0, len(stream) - WINDOW, stride):
        window = stream[start : start + WINDOW + 1]
        logits, _ = model(window[None, :-1])
        losses.append(F.cross_entropy(logits[0].double(), window[1:]).item())
        right = logits[0].argmax(-1) == window[1:]
        hits.append(right.double().mean().item())
        lasts.append(right[-1].item())
    starts = range(0, len(stream) - LENGTH + 1, stride)
    for start in starts:
        said = growing_prefix(model, stream[start : start + PROMPT])
        truth = stream[start + PROMPT : start + LENGTH].tolist()
        wrong = [k for k in range(STEPS) if said[k] != truth[k]]
        if wrong:
            failures.append(scoring.Failure(start + PROMPT + wrong[0], said[wrong[0]]))
    return {
        "loss": sum(losses) / len(losses),
        "token_accuracy": sum(hits) / len(hits),
        "last_token_accuracy": sum(lasts) / len(lasts),
        "sequence_accuracy": 1 - len(failures) / len(starts),
        "failures": tuple(failures),
        "windows": len(losses),
        "sequences": len(starts),
    }


def agree(scores: scoring.Scores, expected: dict[str, Any]) -> None:
    for key in ("failures", "windows", "sequences"):
        assert getattr(scores, key) == expected[key]
    for key in ("token_accuracy", "last_token_accuracy", "sequence_accuracy"):
        assert getattr(scores, key) == pytest.approx(expected[key], abs=1e-12)
    assert scores.loss == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("steps", [2, 60])
@pytest.mark.parametrize("variant", params.load().models)
def test_one_pass_agrees_with_the_growing_prefix_on_weak_and_strong_models(
    variant: str, steps: int
) -> None:
    model, stream = a_model(variant, steps), a_stream(75)
    agree(scoring.score(model, stream, **SIZES), oracle(model, stream))


def test_a_stride_scores_every_so_manieth_window() -> None:
    model, stream = a_model("gru", 60), a_stream(120)
    scores = scoring.score(model, stream, **SIZES, stride=7)
    agree(scores, oracle(model, stream, stride=7))


def test_chunks_do_not_change_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    model, stream = a_model("lstm", 60), a_stream(120)
    whole = scoring.score(model, stream, **SIZES)
    monkeypatch.setattr(reading, "CHUNK", 7)
    parts = scoring.score(model, stream, **SIZES)
    assert parts.failures == whole.failures
    assert parts.right_through == whole.right_through
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)


def test_the_strong_model_of_these_tests_is_neither_hopeless_nor_perfect() -> None:
    scores = scoring.score(a_model("gru", 60), a_stream(300), **SIZES)
    assert 0.1 < scores.sequence_accuracy < 1
    assert list(scores.right_through) == sorted(scores.right_through, reverse=True)


def test_a_stream_without_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="stream has 30 tokens, expected more than 30"):
        scoring.score(a_model("rnn", 2), a_stream(30), **SIZES)
