"""A trained network that reads a prompt and goes on, one token at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from counting.base import checkpoint
from counting.base.checkpoint import Config
from counting.base.types import Array
from counting.evaluation.reader import load
from counting.speaking.variants import chosen_seed
from counting.text.vocabulary import SEPARATOR

LONGEST = 20  # tokens to wait for the end of a number; none in English has more
CHUNK = 128  # tokens of a long prompt that are read at once


class Copied(NamedTuple):
    """The word that a copy head looks at most."""

    word: str
    back: int  # positions before the token that is said: 1 is the one before it
    weight: float  # in [0, 1]


class Said(NamedTuple):
    """The token that a network says next, and how it comes to it."""

    word: str
    probabilities: Array  # (V,)
    mixture: Array | None  # (3,) of a copy head: own word, copy, substitute
    copied: Copied | None  # None without a copy head, or with nothing before

    @property
    def probability(self) -> float:
        """The probability of the word, in [0, 1]: the highest of all."""
        return float(self.probabilities.max())


class Generated(NamedTuple):
    """A token that a network says and then reads."""

    number: int  # of the token since the prompt, from 1
    said: Said
    expected: str | None  # None if it is not judged

    @property
    def word(self) -> str:
        """What was said."""
        return self.said.word

    @property
    def is_right(self) -> bool:
        """Whether no other word was expected."""
        return self.expected in (None, self.word)


class Speaker:
    """The network of one seed, and what it has read so far.

    Args:
        folder: of the variant.
        seed: None for the first one.

    Raises:
        InputError: the folder is damaged, or the seed was not trained.
    """

    def __init__(self, folder: Path, seed: int | None = None) -> None:
        self.config: Config = checkpoint.load_config(folder)
        self.seed = chosen_seed(self.config, seed)
        self.reader = load(folder, self.config, self.seed)
        self.words = self.config.vocabulary
        self.tokens = {word: n for n, word in enumerate(self.words)}
        self.heard: list[str] = []
        self.state: Any = None

    @property
    def name(self) -> str:
        """The variant, and the seed."""
        return f"{self.config.variant}:{self.seed}"

    def read(self, words: Sequence[str]) -> None:
        """Read known words, after those read before."""
        for start in range(0, len(words), CHUNK):
            part = words[start : start + CHUNK]
            tokens = np.array([[self.tokens[word]] for word in part])  # (T, 1)
            reading, self.inside, self.state = self.reader.inspect(
                tokens, None, self.state
            )
            self.next = int(reading.predicted[-1, 0])
        self.heard += words

    def say(self) -> Said:
        """Say what comes next; the network does not read it yet."""
        p, gates = self.inside.probabilities[-1, 0], self.inside.gates
        mixture = None if gates is None else gates[-1, 0]
        return Said(self.words[self.next], p, mixture, self.copied())

    def likeliest(self, said: Said, most: int) -> dict[str, float]:
        """Give the likeliest words and their probabilities, the highest first."""
        order = (-said.probabilities).argsort(kind="stable")[:most]
        return {self.words[n]: float(said.probabilities[n]) for n in order}

    def copied(self) -> Copied | None:
        """Tell what the copy head looks at most, if there is one."""
        if self.inside.attention is None:
            return None
        weights = self.inside.attention[-1, 0]  # at j: of the token at j + 1
        back = len(weights) - 1 - int(weights.argmax())
        if back < 1:  # all are zero: nothing was read before
            return None
        return Copied(self.heard[-back], back, float(weights.max()))

    def go_on(
        self, steps: int | None, truth: Iterator[str] | None, until_wrong: bool = False
    ) -> Iterator[Generated]:
        """Say tokens and read each of them, to the end of a number.

        Args:
            steps: least number of tokens; None: without end.
            truth: the tokens that should come. Where they end, this ends; after an
                error they are ignored.
            until_wrong: end at the first error.
        """
        for number in count(1):
            expected = None if truth is None else next(truth, "")
            if expected == "":
                return
            token = Generated(number, self.say(), expected)
            yield token
            self.read([token.word])
            if not token.is_right:
                truth = None
                if until_wrong:
                    return
            enough = number >= (steps or 0) and token.word == SEPARATOR
            if steps and (enough or number >= steps + LONGEST):
                return
