"""Every accuracy of a network from one teacher-forced pass over windows of a stream.

A greedy sequence is right exactly when the teacher-forced argmax is right at each of
its steps: as long as nothing is wrong, what greedy decoding feeds back is the truth. So
one pass, fed with the truth, tells how far each sequence gets, and its predictions and
losses give the rest. A test compares it with the article's growing prefix.

Sizes: C windows at a time, T steps, V vocabulary, n tokens in the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from counting.engine.forward import read
from counting.networks.network import CountingModel


class Failure(NamedTuple):
    """The first error of a sequence that greedy decoding gets wrong."""

    place: int  # in the stream
    said: int  # the token decoded there


@dataclass(frozen=True)
class Scores:
    """What `score` measures; accuracies in [0, 1], loss in nats per token."""

    loss: float  # mean over all predictions of every window
    last_token_accuracy: float  # share of windows whose last prediction is right
    token_accuracy: float  # share of all predictions of the windows that are right
    sequence_accuracy: float  # share of sequences decoded without an error
    right_through: tuple[float, ...]  # the same after 1, 2, .. steps
    failures: tuple[Failure, ...]  # of the other sequences
    windows: int
    sequences: int


@torch.inference_mode()
def score(
    model: CountingModel,
    stream: Tensor,
    window: int,
    prompt: int,
    steps: int,
    stride: int = 1,
) -> Scores:
    """Score a network on the windows that begin at every `stride`-th token of a stream.

    Each window starts from a zero state. Memory does not grow with the number of
    windows, but for one entry a failure.

    Args:
        model: the network, in evaluation mode.
        stream: tokens (n,), int64.
        window: tokens read; the prediction after the last of them is the last token's.
        prompt: tokens that a sequence is given.
        steps: tokens that are then decoded greedily; prompt + steps <= window + 1.
        stride: between the starts of windows.

    Raises:
        ValueError: the stream is shorter than one window and its last target.
    """
    n, length = len(stream), prompt + steps
    if n <= window:
        raise ValueError(f"stream has {n} tokens, expected more than {window}")
    windows, sequences = range(0, n - window, stride), range(0, n - length + 1, stride)
    nats = torch.zeros((), dtype=torch.float64)
    hits = torch.zeros(window, dtype=torch.int64)
    through = torch.zeros(steps, dtype=torch.int64)
    failures: list[Failure] = []

    # at the end of the stream are sequences without room for a window
    for starts, T in ((windows, window), (sequences[len(windows) :], length - 1)):
        if not starts:
            continue
        first = starts.start
        for tokens, said, costs in read(model, stream[first:].unfold(0, T + 1, stride)):
            right = said == tokens[1:]  # (T, C)
            if window == T:
                nats += costs.sum(dtype=torch.float64)
                hits += right.sum(1)
            so_far = right[prompt - 1 : length - 1].cumprod(0)  # (steps, C)
            through += so_far.sum(1)
            wrong_at = so_far.sum(0)  # (C,), `steps` where nothing is wrong
            wrong = (wrong_at < steps).nonzero().flatten()
            after = prompt + wrong_at[wrong]  # tokens of the sequence that came before
            places = first + wrong * stride + after
            decoded = said[after - 1, wrong]
            pairs = zip(places.tolist(), decoded.tolist(), strict=True)
            failures += [Failure(*pair) for pair in pairs]
            first += stride * tokens.shape[1]

    predictions = len(windows) * window
    shares = (through.double() / len(sequences)).tolist()
    return Scores(
        loss=nats.item() / predictions,
        last_token_accuracy=hits[-1].item() / len(windows),
        token_accuracy=hits.sum().item() / predictions,
        sequence_accuracy=shares[-1],
        right_through=tuple(shares),
        failures=tuple(failures),
        windows=len(windows),
        sequences=len(sequences),
    )
