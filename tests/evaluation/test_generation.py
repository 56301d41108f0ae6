"""Greedy decoding and counting on, against the article's own growing prefix."""

from typing import Any

import numpy as np
import pytest
import torch

from counting.base.types import Array, Reading
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import generation
from counting.networks import Network
from tests.variants import HEADS, KINDS, model, network

V, COMMA = 6, 0


@torch.no_grad()
def growing_prefix(definition: Network, prompt: list[int], steps: int) -> list[int]:
    """Decode as the article does: read everything again for each new token."""
    prefix = list(prompt)
    for _ in range(steps):
        log_p, _ = definition(torch.tensor([prefix]))
        prefix.append(int(log_p[0, -1].argmax()))
    return prefix[len(prompt) :]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("kind", KINDS)
def test_greedy_with_carried_state_says_what_the_growing_prefix_says(
    kind: str, head: str
) -> None:
    config = model(kind, head)
    definition = network(config, V).eval()
    tensors = {name: t.numpy() for name, t in definition.state_dict().items()}
    prompts = np.random.default_rng(0).integers(V, size=(5, 7))
    said = generation.greedy(Inference(Weights.of(config, tensors)), prompts, 12)
    expected = [growing_prefix(definition, prompt, 12) for prompt in prompts.tolist()]
    assert said.tolist() == expected


class Successor:
    """Says t + 1 after t, but for one token; carries how many tokens it has read."""

    def __init__(self, wrong_at: int) -> None:
        self.wrong_at = wrong_at

    def __call__(
        self, tokens: Array, targets: Array | None = None, state: Any = None
    ) -> tuple[Reading, int]:
        assert targets is None
        read = state or 0
        predicted = (tokens + 1) % V
        place = np.arange(read, read + len(tokens))
        predicted[place == self.wrong_at] = COMMA
        return Reading(predicted, np.zeros(tokens.shape)), read + len(tokens)


def cycle(length: int) -> Array:
    """Give 0 1 2 3 4 5 0 1 2 ...: numbers of five tokens and a comma."""
    return np.arange(length) % V


@pytest.mark.parametrize("chunk", [4, 512])
def test_tokens_right_stops_at_the_first_error(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "CHUNK", chunk)
    stream = cycle(40)
    # the token read at place 24 predicts the one at place 25: 25 - 10 are right before
    assert generation.tokens_right(Successor(24), stream, 10) == 15
    early = generation.tokens_right(Successor(5), stream, 10)
    assert early == 30, "an error within the prompt does not count"


def test_count_run_counts_whole_numbers_from_three_given_ones() -> None:
    before, truth = cycle(18), cycle(29)[1:]
    # the prompt is the last three numbers: 12 13 .. 17 are in it, and a separator
    assert generation.count_run(Successor(10**6), before[1:], truth, COMMA) == 5
    prompt = len(before[1:]) + 1
    late = Successor(prompt - 1 + 13)  # wrong within the third number
    assert generation.count_run(late, before[1:], truth, COMMA) == 2
    comma = Successor(prompt - 1 + 5)  # wrong at the comma that ends the first
    comma.wrong_at = prompt - 1 + 4
    assert generation.count_run(comma, before[1:], truth, COMMA) == 0


def test_counting_from_one_gives_the_last_number_that_is_right() -> None:
    stream = cycle(29)[1:]  # 1 2 3 4 5 0 1 2 .. : five numbers of five tokens
    assert generation.count_from_one(Successor(10**6), stream, COMMA) == 5
    assert generation.count_from_one(Successor(5), stream, COMMA) == 1
    assert generation.count_from_one(Successor(13), stream, COMMA) == 2
    assert generation.count_from_one(Successor(10**6), stream[:5], COMMA) == 1
    for most in (11, 12, 16):  # 1 2 3 4 5 0 1 2 3 4 5 (0 1 2 3 4)
        cut = generation.count_from_one(Successor(10**6), stream, COMMA, most)
        assert cut == 2, "a number that is cut does not count"
    assert generation.count_from_one(Successor(10**6), stream, COMMA, 17) == 3


def test_one_number_is_given_and_the_next_ten_must_be_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = cycle(600)[1:]
    assert generation.one_given(Successor(10**6), stream, COMMA) == 1
    assert generation.one_given(Successor(5), stream, COMMA) == 0
    assert generation.one_given(Successor(4), stream, COMMA) == 1, "within the prompt"
    last = 5 + 6 * generation.AHEAD  # the separator after the tenth
    assert generation.one_given(Successor(last - 2), stream, COMMA) == 0
    assert generation.one_given(Successor(last), stream, COMMA) == 1, "nobody asks"
    monkeypatch.setattr(generation, "TOGETHER", 7)
    assert generation.one_given(Successor(last - 2), stream, COMMA) == 0


def test_starts_are_numbers_of_the_stream_with_those_after_them() -> None:
    stream = np.array([3, 0, 4, 4, 0, 5, 0] * 9)
    for window, given in generation.starts(stream, 0):
        text = window.tolist()
        assert text.index(0) == given - 1
        assert text.count(0) == generation.AHEAD + 1
        assert text[-1] == 0


@pytest.mark.parametrize("stream", [[1, 2, 3], [1, 0, 2], [1, 0, 2, 0]])
def test_a_stream_of_few_numbers_is_judged_as_far_as_it_goes(stream: list[int]) -> None:
    windows = {
        (tuple(w.tolist()), n) for w, n in generation.starts(np.array(stream), 0)
    }
    assert windows == {(tuple(stream), 2 if 0 in stream else 3)}
    assert generation.one_given(Successor(10**6), np.array(stream), 0) == 0
