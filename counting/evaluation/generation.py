"""Greedy decoding: predict the next token, append it, repeat.

The state is carried from token to token, so the prefix is never read twice.
Sizes: B prompts, P tokens given, K tokens generated, n tokens of a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from counting.base.types import Array
from counting.evaluation.joined import Joined, Stream, separators
from counting.evaluation.reader import Reader
from counting.text import streams

CHUNK = 128  # tokens of a stream read at once
TOGETHER = 64  # texts read side by side
GIVEN = 3  # numbers in the prompt of `count_run`
COUNTED = 2**20  # tokens that `count_from_one` uses, about 130,000 numbers
STARTS = 200  # numbers that `one_given` draws from a stream
AHEAD = 10  # numbers after each of them that must be right
LONGEST = 512  # tokens of such a number and those after it, at most


def greedy(read: Reader, prompts: Array, steps: int) -> Array:
    """Continue prompts (B, P) int64 greedily by K = `steps` tokens (B, K) int64."""
    reading, state = read(prompts.T)
    generated = [reading.predicted[-1:]]  # (1, B)
    while len(generated) < steps:
        reading, state = read(generated[-1], None, state)
        generated.append(reading.predicted)
    return np.concatenate(generated).T  # (B, K)


def tokens_right(read: Reader, stream: Stream, given: int) -> int:
    """Count the tokens that greedy decoding gets right before its first error.

    As long as it has made no error, what the network reads back is the truth. So it
    reads the stream itself, in chunks, up to the first error.

    Args:
        read: the network.
        stream: tokens (n,): the prompt, and what should come after it.
        given: how many of them are the prompt; one or more.
    """
    state = None
    for start in range(0, len(stream) - 1, CHUNK):
        tokens = stream[start : start + CHUNK + 1].astype(np.int64)
        reading, state = read(tokens[:-1, None], None, state)
        wrong = reading.predicted[:, 0] != tokens[1:]  # (T,)
        wrong[: max(0, given - 1 - start)] = False  # errors within the prompt
        if wrong.any():
            return start + 1 + int(wrong.argmax()) - given
    return len(stream) - given


def numbers_right(read: Reader, stream: Stream, given: int, separator: int) -> int:
    """Count whole numbers as `tokens_right` counts tokens.

    The last number is whole without a separator, if the stream ends with it.
    """
    stop = given + tokens_right(read, stream, given)
    ends = sum(map(len, separators(stream, separator, given, stop)))
    return ends + (stop == len(stream) > given)


def count_run(read: Reader, before: Array, truth: Stream, separator: int) -> int:
    """Count the numbers that a network counts right before its first error.

    Args:
        read: the network.
        before: tokens (n,) whose last three numbers, and a separator after them, are
            the prompt: seven thousand nine hundred ninety eight, ...
        truth: tokens (n,) of the numbers that come next: eight thousand one, ...
        separator: the token between two numbers.

    Returns:
        Whole numbers right; as many as `truth` has if there was no error.
    """
    # backwards, so that only the end of a long text is read
    ends = (i for i in reversed(range(len(before))) if before[i] == separator)
    prompt = before[next(islice(ends, GIVEN - 1, None), -1) + 1 :]
    stream = Joined([prompt, truth], separator)
    return numbers_right(read, stream, len(prompt) + 1, separator)


def count_from_one(
    read: Reader, stream: Stream, separator: int, most: int = COUNTED
) -> int:
    """Count how far a network gets, given the first number alone.

    Args:
        read: the network.
        stream: tokens (n,); its first number, and the separator after it, are the
            prompt: one ,
        separator: the token between two numbers.
        most: only so many tokens from the beginning of the stream are used.

    Returns:
        Numbers right in a row, with the one given; so of 1, 2, 3, ... the last that is
        right. If there was no error, all that are whole in the first `most` tokens.
    """
    if len(stream) > most:
        (ends,) = (stream[: most + 1] == separator).nonzero()
        most = int(ends[-1]) if ends.size else most
    stream = stream[:most]
    end = next((i for i in range(len(stream)) if stream[i] == separator), len(stream))
    return 1 + numbers_right(read, stream, min(end + 1, len(stream)), separator)


def one_given(read: Reader, stream: Array, separator: int) -> float:
    """Give the share of random numbers from which a network counts on.

    It is given one number, and must get the next `AHEAD` right by greedy decoding.

    Args:
        read: the network.
        stream: tokens (n,), from which `STARTS` numbers are drawn, the same each time.
        separator: the token between two numbers.

    Returns:
        The share, in [0, 1]; 0 if the stream has a single number.
    """
    drawn, given = zip(*starts(stream, separator), strict=True)
    asked = np.array(given) < [len(tokens) for tokens in drawn]
    return float((goes_on(read, drawn, np.array(given)) & asked).mean())


def goes_on(read: Reader, texts: Sequence[Array], given: Array) -> Array:
    """Tell which short texts a network continues greedily without an error.

    Args:
        read: the network.
        texts: tokens (n,) of each.
        given: (texts,) int64, how many of its first tokens are the prompt.

    Returns:
        (texts,) bool. The network reads the truth, as in `tokens_right`.
    """
    right = np.ones(len(texts), bool)
    for first in range(0, len(texts), TOGETHER):
        rows = slice(first, first + TOGETHER)
        lengths = np.array([len(text) for text in texts[rows]])
        tokens = np.zeros((lengths.max(), len(lengths)), np.int64)  # (T, B)
        for column, text in enumerate(texts[rows]):
            tokens[: len(text), column] = text
        state = None
        for start in range(0, len(tokens) - 1, CHUNK):
            read_now = tokens[start : start + CHUNK + 1]
            reading, state = read(read_now[:-1], None, state)
            at = np.arange(start + 1, start + len(read_now))[:, None]  # of predictions
            judged = (at >= given[rows]) & (at < lengths)
            right[rows] &= ~(judged & (reading.predicted != read_now[1:])).any(0)
            if not right[rows].any():
                break
    return right


def starts(stream: Array, separator: int) -> Iterator[tuple[Array, int]]:
    """Draw numbers of a stream, each with the `AHEAD` numbers that come after it.

    Yields:
        Their tokens, at most `LONGEST`, and how many of these are given: the number and
        the separator after it. There are fewer numbers where the stream ends.
    """
    n = len(stream)
    # backwards, so that only the end of a long text is read
    ends = (i for i in reversed(range(n)) if stream[i] == separator)
    last = next(islice(ends, AHEAD + 1, None), -1)
    for place in np.random.default_rng(0).integers(-1, last + 1, STARTS).tolist():
        later = (i for i in range(max(place, 0), n) if stream[i] == separator)
        before = place if place < 0 else next(later)
        found = list(islice(later, AHEAD + 1))
        stop = found[-1] + 1 if len(found) > AHEAD else n
        end = found[0] if found else n - 1
        yield np.array(stream[before + 1 : stop][:LONGEST]), end - before
        streams.release(stream)
