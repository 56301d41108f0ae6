"""Every accuracy of a network from one teacher-forced pass over windows of a stream.

A greedy sequence is right exactly when the teacher-forced argmax is right at each of
its tokens: as long as nothing is wrong, greedy decoding feeds back the truth. So one
pass, fed with the truth, tells how far each sequence gets, and its predictions and
losses give the rest. A test compares it with the article's growing prefix.

Sizes: C windows at a time, T tokens of a window, n tokens of the stream.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from counting.base.types import Array, Reading
from counting.evaluation.reader import Reader
from counting.text import streams

CHUNK = 64  # windows read at once, so that the processor's cache holds them


@dataclass(frozen=True)
class Scores:
    """What `score` measures; accuracies in [0, 1], loss in nats per token."""

    loss: float  # mean over all predictions of every window
    last_token_accuracy: float  # share of windows whose last prediction is right
    token_accuracy: float  # share of all predictions of the windows that are right
    sequence_accuracy: float  # share of sequences decoded without an error
    right_through: tuple[float, ...]  # the same after 1, 2, ... tokens
    wrong_at: Array  # (failures,) where in the stream the others have their first error
    decoded: Array  # (failures,) the token decoded there
    windows: int
    sequences: int


def score(
    read: Reader,
    stream: Array,
    window: int,
    prompt: int,
    steps: int,
    stride: int = 1,
) -> Scores:
    """Score a network on the windows that begin at every `stride`-th token of a stream.

    Each window starts from a state of zeros. Beyond ten bytes for each failure, memory
    does not grow with the number of windows.

    Args:
        read: the network.
        stream: tokens (n,), of any integer type.
        window: tokens read; the last token's accuracy is that of the prediction after
            them.
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
    nats, hits = 0.0, np.zeros(window, np.int64)
    through = np.zeros(steps, np.int64)
    wrong_at, decoded = array("q"), array("h")

    # at the end of the stream are sequences without room for a window
    for starts, T in ((windows, window), (sequences[len(windows) :], length - 1)):
        if not starts:
            continue
        first = starts.start
        for tokens, (predicted, losses) in read_windows(
            read, stream[first:], T, stride
        ):
            right = predicted == tokens[1:]  # (T, C)
            if window == T:
                nats += losses.sum(dtype=np.float64)
                hits += right.sum(1)
            so_far = np.logical_and.accumulate(right[prompt - 1 : length - 1])
            through += so_far.sum(1)
            right_steps = so_far.sum(0)  # (C,), `steps` where nothing is wrong
            (wrong,) = (right_steps < steps).nonzero()
            after = prompt + right_steps[wrong]  # tokens of the sequence before
            wrong_at.frombytes((first + wrong * stride + after).tobytes())
            decoded.frombytes(predicted[after - 1, wrong].astype(np.int16).tobytes())
            first += stride * tokens.shape[1]

    predictions = len(windows) * window
    shares = [float(share) for share in through / len(sequences)]
    return Scores(
        loss=float(nats) / predictions,
        last_token_accuracy=int(hits[-1]) / len(windows),
        token_accuracy=int(hits.sum()) / predictions,
        sequence_accuracy=shares[-1],
        right_through=tuple(shares),
        wrong_at=np.asarray(wrong_at),
        decoded=np.asarray(decoded),
        windows=len(windows),
        sequences=len(sequences),
    )


def read_windows(
    read: Reader, stream: Array, T: int, stride: int
) -> Iterator[tuple[Array, Reading]]:
    """Read windows of T + 1 tokens, each from a state of zeros.

    Yields:
        For up to `CHUNK` windows, their tokens (T + 1, C), and the network's reading of
        all but the last.
    """
    windows = np.lib.stride_tricks.sliding_window_view(stream, T + 1)[::stride]
    for first in range(0, len(windows), CHUNK):
        tokens = windows[first : first + CHUNK].T.astype(np.int64)
        yield tokens, read(tokens[:-1], tokens[1:])[0]
        streams.release(stream)
