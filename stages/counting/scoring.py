"""placeholder"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Mistake:
    """The first wrong token of a sequence: its place in the stream, and what was said."""

    position: int
    said: int


@dataclass(frozen=True)
class Scores:
    loss: float
    last_token_accuracy: float
    token_accuracy: float
    windows: int
    right_through: tuple[float, ...]  # share of sequences right through k+1 steps
    mistakes: tuple[Mistake, ...]
    sequences: int

    @property
    def sequence_accuracy(self) -> float:
        return self.right_through[-1]


@torch.inference_mode()
def score(model, stream: Tensor, window: int, prompt: int, steps: int, stride: int = 1) -> Scores:
    n = len(stream)
    starts = torch.arange(0, n - window, stride)
    loss = last = right = 0.0
    for s in starts.split(256):
        w = stream[s[:, None] + torch.arange(window + 1)]
        logits, _ = model(w[:, :-1])
        y = w[:, 1:]
        loss += F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").double().sum().item()
        q = logits.argmax(-1) == y
        last += q[:, -1].sum().item()
        right += q.sum().item()
    N = len(starts)
    starts = torch.arange(0, n - prompt - steps + 1, stride)
    through = torch.zeros(steps, dtype=torch.long)
    mistakes = []
    for s in starts.split(256):
        w = stream[s[:, None] + torch.arange(prompt + steps)]
        logits, _ = model(w[:, :-1])
        said = logits[:, prompt - 1 :].argmax(-1)
        ok = (said == w[:, prompt:]).long().cumprod(1)
        through += ok.sum(0)
        for r in (ok[:, -1] == 0).nonzero()[:, 0].tolist():
            k = int(ok[r].sum())
            mistakes.append(Mistake(int(s[r]) + prompt + k, int(said[r, k])))
    return Scores(loss / N / window, last / N, right / N / window, N, tuple((through / len(starts)).tolist()), tuple(mistakes), len(starts))
