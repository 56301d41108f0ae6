"""Greedy decoding: predict the next token, append it, repeat.

The state is carried from token to token, so the prefix is never read twice.
Sizes: B prompts, P tokens given, K tokens generated, n tokens of a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from counting.base.types import Array
from counting.evaluation.reader import Reader

CHUNK = 128  # tokens of a long stream read at once
TOGETHER = 64  # streams that are gone on with side by side
GIVEN = 3  # numbers that `count_run` starts from
COUNTED = 2**20  # tokens that `count_from_one` follows, some 130,000 numbers
STARTS = 200  # that `one_given` draws from a stream
AHEAD = 10  # numbers that must be right from each of them
LONGEST = 512  # tokens of a start and what must follow, if lines are that long


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


def count_from_one(
    read: Reader, stream: Array, separator: int, most: int = COUNTED
) -> int:
    """Tell how far a network counts by itself, given the first number alone.

    Args:
        read: the network.
        stream: tokens (n,); its first number, and the separator after it, are the
            prompt: one ,
        separator: the token between two numbers.
        most: tokens of the stream that are looked at.

    Returns:
        Numbers right in a row, the given one among them; so of 1, 2, 3, .. the last
        that is right. If there was no error, all in the first `most` tokens.
    """
    stream = stream[:most]
    end = next((i for i in range(len(stream)) if stream[i] == separator), len(stream))
    truth = stream[end + 1 :]
    right = tokens_right(read, stream[: end + 1], truth)
    ended = int((truth[:right] == separator).sum())
    return 1 + ended + (right == len(truth) > 0)


def one_given(read: Reader, stream: Array, separator: int) -> float:
    """Give the share of random starts from which a network, given one number, goes on.

    It must get all of the next `AHEAD` numbers right, left alone; as in `tokens_right`
    it reads the truth, which is what it would read up to its first error.

    Args:
        read: the network.
        stream: tokens (n,), from which `STARTS` numbers are drawn, always the same.
        separator: the token between two numbers.

    Returns:
        The share, in [0, 1]; 0 if the stream has a single number.
    """
    streams, given = zip(*starts(stream, separator), strict=True)
    asked = np.array(given) < [len(one) for one in streams]
    return float((goes_on(read, streams, np.array(given)) & asked).mean())


def goes_on(read: Reader, streams: Sequence[Array], given: Array) -> Array:
    """Tell of each stream whether a network, left alone, says all of it.

    Args:
        read: the network.
        streams: tokens (n,) of each.
        given: (streams,) int64, how many of its first tokens are the prompt.

    Returns:
        (streams,) bool. As in `tokens_right`, what a network reads back is the truth as
        long as it has made no error, so it reads the truth.
    """
    right = np.ones(len(streams), bool)
    for first in range(0, len(streams), TOGETHER):
        rows = slice(first, first + TOGETHER)
        lengths = np.array([len(stream) for stream in streams[rows]])
        tokens = np.zeros((lengths.max(), len(lengths)), np.int64)  # (T, B)
        for column, stream in enumerate(streams[rows]):
            tokens[: len(stream), column] = stream
        state = None
        for start in range(0, len(tokens) - 1, CHUNK):
            read_now = tokens[start : start + CHUNK + 1]
            reading, state = read(read_now[:-1], None, state)
            at = np.arange(start + 1, start + len(read_now))[:, None]  # of what is said
            judged = (at >= given[rows]) & (at < lengths)
            right[rows] &= ~(judged & (reading.predicted != read_now[1:])).any(0)
            if not right[rows].any():
                break
    return right


def starts(stream: Array, separator: int) -> Iterator[tuple[Array, int]]:
    """Draw numbers of a stream, each with the `AHEAD` numbers that come after it.

    Yields:
        Their tokens, at most `LONGEST`, and how many of these are given: the number and
        the separator after it. In a stream of fewer numbers, all there are.
    """
    n = len(stream)
    # backwards, so that of a long text only the end is read
    ends = (i for i in reversed(range(n)) if stream[i] == separator)
    last = next(islice(ends, AHEAD + 1, None), -1)
    for place in np.random.default_rng(0).integers(-1, last + 1, STARTS).tolist():
        later = (i for i in range(max(place, 0), n) if stream[i] == separator)
        before = place if place < 0 else next(later)
        found = list(islice(later, AHEAD + 1))
        stop = found[-1] + 1 if len(found) > AHEAD else n
        end = found[0] if found else n - 1
        yield stream[before + 1 : stop][:LONGEST], end - before
