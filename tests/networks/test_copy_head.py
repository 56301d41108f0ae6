"""The copy head against the same mixture, computed position by position in loops."""

import math

import pytest
import torch
from torch import Tensor

from counting.networks.copy_head import FLOOR, CopyHead

V, H, M, SHARPNESS = 5, 4, 3, 4.0
B, T = 2, 8


def head_and_input() -> tuple[CopyHead, Tensor, Tensor]:
    drawing = torch.Generator().manual_seed(0)
    head = CopyHead(V, H, M, SHARPNESS)
    with torch.no_grad():
        head.S.copy_(torch.randn(V, V, generator=drawing))
    projected = torch.randn(B, T, V + 2 * H + 3, generator=drawing)
    return head, projected, torch.randint(V, (B, T), generator=drawing)


def softmax(scores: list[float]) -> list[float]:
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def by_hand(
    head: CopyHead, row: list[list[float]], tokens: list[int]
) -> list[list[float]]:
    """Mix in plain Python: log probabilities of one window, a row a position."""
    table = [softmax([SHARPNESS * s for s in line]) for line in head.S.tolist()]
    said = []
    for i, values in enumerate(row):
        logits, query = values[:V], values[V : V + H]
        gates = values[V + 2 * H :]
        reach = [j for j in range(i) if j >= i - M]
        own, copy, substitute = softmax(gates) if reach else (1.0, 0.0, 0.0)
        keys = [row[j][V + H : V + 2 * H] for j in reach]
        scores = [
            sum(q * k for q, k in zip(query, key, strict=True)) / math.sqrt(H)
            for key in keys
        ]
        copied = [0.0] * V
        for j, weight in zip(reach, softmax(scores) if reach else [], strict=True):
            copied[tokens[j + 1]] += weight
        p = softmax(logits)
        said.append(
            [
                math.log(
                    own * p[v]
                    + copy * copied[v]
                    + substitute * sum(copied[u] * table[u][v] for u in range(V))
                    + FLOOR
                )
                - math.log(1 + V * FLOOR)
                for v in range(V)
            ]
        )
    return said


def test_it_mixes_own_words_copies_and_substitutes_as_the_formulas_say() -> None:
    head, projected, tokens = head_and_input()
    log_p = head(projected, tokens)[0].mix()
    expected = [
        by_hand(head, row, read)
        for row, read in zip(projected.tolist(), tokens.tolist(), strict=True)
    ]
    torch.testing.assert_close(log_p, torch.tensor(expected), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(log_p.exp().sum(-1), torch.ones(B, T))


@pytest.mark.parametrize("cut", [1, 2, 5, 7])
def test_its_memory_carries_all_that_is_in_reach(cut: int) -> None:
    head, projected, tokens = head_and_input()
    whole, last = head(projected, tokens)
    first, memory = head(projected[:, :cut], tokens[:, :cut])
    second, end = head(projected[:, cut:], tokens[:, cut:], memory)
    parts = torch.cat([first.mix(), second.mix()], 1)
    torch.testing.assert_close(parts, whole.mix())
    assert torch.equal(end[1], last[1])
    assert end[0].shape == (B, M, H)


def test_a_position_that_may_not_copy_says_its_own_word() -> None:
    head, projected, tokens = head_and_input()
    no_copy = torch.zeros(B, T, dtype=torch.bool)
    no_copy[0, 4] = no_copy[1, 6] = True
    said = head(projected, tokens, no_copy=no_copy)[0].mix()
    own = projected[..., :V].log_softmax(-1)
    torch.testing.assert_close(said[no_copy], own[no_copy], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        said[~no_copy], head(projected, tokens)[0].mix()[~no_copy]
    )
