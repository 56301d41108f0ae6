"""Greedy decoding: predict the next token, append it, repeat.

The state is carried from token to token, so the prefix is never read twice.
Sizes: B prompts, P tokens given, K tokens generated, n tokens of a stream.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from counting.base.types import Array
from counting.evaluation.reader import Reader

CHUNK = 128  # tokens of a long stream read at once
GIVEN = 3  # numbers that `count_run` starts from


def greedy(read: Reader, prompts: Array, steps: int) -> Array:
    """Continue prompts (B, P) int64 greedily; gives the new tokens (B, K) int64."""
    reading, state = read(prompts.T)
    generated = [reading.predicted[-1:]]  # (1, B)
    while len(generated) < steps:
        reading, state = read(generated[-1], None, state)
        generated.append(reading.predicted)
    return np.concatenate(generated).T  # (B, K)


def tokens_right(read: Reader, prompt: Array, truth: Array) -> int:
    """Count the tokens of `truth` (n,) that greedy decoding gets right from `prompt`.

    The network is left alone after the prompt. As long as it has made no error, what
    it reads back is the truth; so it reads the truth, in chunks, up to the first error.
    """
    stream, state = np.concatenate([prompt, truth]), None
    for start in range(0, len(stream) - 1, CHUNK):
        tokens = stream[start : start + CHUNK + 1].astype(np.int64)
        reading, state = read(tokens[:-1, None], None, state)
        wrong = reading.predicted[:, 0] != tokens[1:]  # (T,)
        wrong[: max(0, len(prompt) - 1 - start)] = False  # of the prompt, no matter
        if wrong.any():
            return start + 1 + int(wrong.argmax()) - len(prompt)
    return len(truth)


def count_run(read: Reader, before: Array, truth: Array, separator: int) -> int:
    """Count the numbers a network, left alone, counts right before its first error.

    Args:
        read: the network.
        before: tokens (n,) whose last three numbers, and the separator after them, are
            the prompt: seven thousand nine hundred ninety eight, ...
        truth: tokens (n,) of the numbers that come next: eight thousand one, ...
        separator: the token between two numbers.

    Returns:
        Whole numbers right; as many as `truth` has if there was no error.
    """
    # backwards, so that of a long text only the end is read
    ends = (i for i in reversed(range(len(before))) if before[i] == separator)
    start = next(islice(ends, GIVEN - 1, None), -1) + 1
    right = tokens_right(read, np.append(before[start:], separator), truth)
    ended = int((truth[:right] == separator).sum())
    return ended + (right == len(truth))
