"""Greedy decoding and counting on, against the article's own growing prefix."""

import pytest
import torch
from torch import Tensor

from counting.base import params
from counting.evaluation import generation
from counting.networks.network import CountingModel

V, COMMA = 6, 0


def network(variant: str) -> CountingModel:
    torch.manual_seed(3)
    return CountingModel(params.load().models[variant], V).eval()


@torch.no_grad()
def growing_prefix(model: CountingModel, prompt: list[int], steps: int) -> list[int]:
    """Decode as the article does: read everything again for each new token."""
    prefix = list(prompt)
    for _ in range(steps):
        logits, _ = model(torch.tensor([prefix]))
        prefix.append(int(logits[0, -1].argmax()))
    return prefix[len(prompt) :]


@pytest.mark.parametrize("variant", params.load().models)
def test_greedy_with_carried_state_says_what_the_growing_prefix_says(
    variant: str,
) -> None:
    model = network(variant)
    prompts = torch.randint(V, (5, 7), generator=torch.Generator().manual_seed(0))
    said = generation.greedy(model, prompts, 12)
    expected = [growing_prefix(model, prompt, 12) for prompt in prompts.tolist()]
    assert said.tolist() == expected


class Successor(torch.nn.Module):
    """Says t + 1 after t, but for one token; carries how many tokens it has read."""

    def __init__(self, wrong_at: int) -> None:
        super().__init__()
        self.wrong_at = wrong_at

    def forward(self, tokens: Tensor, read: int | None = None) -> tuple[Tensor, int]:
        read = read or 0
        said = (tokens + 1) % V
        place = torch.arange(read, read + tokens.shape[1])
        said[:, place == self.wrong_at] = COMMA
        return torch.nn.functional.one_hot(said, V).float(), read + tokens.shape[1]


def cycle(length: int) -> Tensor:
    """Give 0 1 2 3 4 5 0 1 2 ...: numbers of five tokens and a comma."""
    return torch.arange(length) % V


@pytest.mark.parametrize("chunk", [4, 512])
def test_tokens_right_stops_at_the_first_error(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "CHUNK", chunk)
    stream = cycle(40)
    # the token read at place 24 predicts the one at place 25: 25 - 10 are right before
    right = generation.tokens_right(Successor(24), stream[:10], stream[10:])  # type: ignore[arg-type]
    assert right == 15
    early = generation.tokens_right(Successor(5), stream[:10], stream[10:])  # type: ignore[arg-type]
    assert early == 30, "an error within the prompt is no matter"


def test_count_run_counts_whole_numbers_from_three_given_ones() -> None:
    before, truth = cycle(18), cycle(29)[1:]
    # the prompt is the last three numbers: 12 13 .. 17 are in it, and a separator
    assert generation.count_run(Successor(10**6), before[1:], truth, COMMA) == 5  # type: ignore[arg-type]
    prompt = len(before[1:]) + 1
    late = Successor(prompt - 1 + 13)  # wrong within the third number
    assert generation.count_run(late, before[1:], truth, COMMA) == 2  # type: ignore[arg-type]
    comma = Successor(prompt - 1 + 5)  # wrong at the comma that ends the first
    comma.wrong_at = prompt - 1 + 4
    assert generation.count_run(comma, before[1:], truth, COMMA) == 0  # type: ignore[arg-type]
