"""What precedes "thousand": how often it was read in training, and what was withheld.

Recombination puts words before "thousand" that never precede it in the text. A network
that can count on has either learnt each of them by heart, or the rule. So some of these
thousands, chosen by a digest, are withheld: no window that has one is trained on; and
of the others it is counted how often they were read. Then the transition into each
thousand is judged by itself: three numbers are given, 28,997 to 28,999, and the next
three must be right, from 29,000 on.

Sizes: B windows of T tokens, V vocabulary, P thousands.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from counting.base.models import Model, Recipe
from counting.base.types import Array
from counting.engine.backward import StepResult
from counting.training.loop import Begin
from counting.training.steps import Batch, Step
from studies.texts import Text

WORD = "thousand"
LONGEST = 5  # words before it, with the separator
SIDE = 3  # numbers given, and then said
READ = (0, 1, 10, 100, 1000, 10_000)  # how often a part was read: from each to the next


class Thousands:
    """The thousands of a text, and what a training reads of them.

    Args:
        text: numbers in English, one after the other.
        share: of the thousands that the text to learn does not have, is withheld.
    """

    def __init__(self, text: Text, share: float) -> None:
        self.text, self.word = text, text.vocabulary.tokens[WORD]
        (lines,) = np.nonzero(text.numbers % 1000 == 0)
        self.lines = lines[lines + SIDE <= len(text.numbers)]
        each = [self.parts(text.lines(i, i + 1)[None])[1] for i in self.lines]
        self.codes = np.concatenate(each)
        _, learnt = self.parts(text.streams[0][None])
        self.new = ~np.isin(self.codes, learnt)
        drawn = [digest(self.text.numbers[i] // 1000) < share for i in self.lines]
        self.withheld = self.new & np.array(drawn)
        self.read: list[Array] = []

    def parts(self, windows: Array) -> tuple[Array, Array]:
        """Give row and code of what stands before each `WORD` of windows (B, T).

        Of a part that the start of a window cuts, of what is left: what was read is
        never counted too low.
        """
        padded = np.pad(
            windows, ((0, 0), (LONGEST, 0)), constant_values=self.text.separator
        )
        rows, columns = np.nonzero(padded == self.word)
        codes, inside = np.zeros(len(rows), np.int64), np.ones(len(rows), bool)
        for back in range(1, LONGEST + 1):
            token = padded[rows, columns - back].astype(np.int64)
            inside &= token != self.text.separator
            codes += (
                inside * (token + 1) * (len(self.text.vocabulary) + 1) ** (back - 1)
            )
        return rows, codes

    def watching(self, begin: Begin) -> Begin:
        """Begin trainings that leave out what is withheld, and note what they read."""

        def watched(model: Model, recipe: Recipe, V: int, seed: int) -> Step:
            return Watched(begin(model, recipe, V, seed), self)

        return watched

    def steps(self) -> tuple[list[Array], Array]:
        """Give the numbers around each thousand, (n,), and how much is given, (P,)."""
        streams = [self.text.lines(i - SIDE, i + SIDE) for i in self.lines]
        begins = self.text.begins
        given = begins[self.lines] - begins[self.lines - SIDE]
        return streams, given

    def counted(self, right: Array) -> dict[str, Any]:
        """Count the steps that are right (P,), as [right, of all], group by group.

        `withheld`, and `others` that the text to learn does not have; and `read`, by
        how often all of these were read.
        """
        known, counts = np.unique(np.concatenate(self.read), return_counts=True)
        at = np.minimum(np.searchsorted(known, self.codes), len(known) - 1)
        times = np.where(known[at] == self.codes, counts[at], 0)
        groups = np.searchsorted(READ, times, side="right") - 1

        def share(which: Array) -> list[int]:
            return [int(right[which].sum()), int(which.sum())]

        return {
            "withheld": share(self.withheld),
            "others": share(self.new & ~self.withheld),
            "read": [share(self.new & (groups == g)) for g in range(len(READ))],
        }


class Watched:
    """A step that is not shown what is withheld; otherwise as the one it is given."""

    def __init__(self, step: Step, thousands: Thousands) -> None:
        self.step, self.thousands = step, thousands
        self.weights, self.state_dict = step.weights, step.state_dict
        self.load_state_dict = step.load_state_dict

    def __call__(self, batch: Batch, rate: float) -> StepResult:
        """Train on the windows that may be read, some of them twice."""
        windows, of = seen(batch)
        rows, codes = self.thousands.parts(windows)
        hidden = np.isin(codes, self.thousands.codes[self.thousands.withheld])
        B = batch.tokens.shape[1]
        kept = np.setdiff1d(np.arange(B), of[rows[hidden]])
        which = np.resize(kept, B)  # over and over, as many as there were
        times = np.bincount(which, minlength=B)
        self.thousands.read.append(np.repeat(codes, times[of[rows]]))
        return self.step(taken(batch, which) if hidden.any() else batch, rate)


def seen(batch: Batch) -> tuple[Array, Array]:
    """Give the windows (., T + 1) of a batch, and of which of its B each is.

    A window of which a word is misread counts twice, as it stands and as it is read.
    """
    tokens, of = batch.tokens, np.arange(batch.tokens.shape[1])
    if (read := getattr(batch, "read", None)) is not None:
        (misread,) = (read != tokens).any(0).nonzero()
        tokens = np.concatenate([tokens, read[:, misread]], 1)
        of = np.concatenate([of, misread])
    return np.concatenate([tokens, batch.targets[-1:, of]]).T, of


def taken(batch: Batch, which: Array) -> Batch:
    """Take some windows of a batch."""
    shown: Any = (
        None if array is None else np.ascontiguousarray(array[:, which])
        for array in batch
    )
    return Batch(*shown)


def digest(thousand: int) -> float:
    """Give a number in [0, 1) that has nothing to do with counting."""
    found = hashlib.sha256(str(thousand).encode()).digest()
    return int.from_bytes(found[:8], "big") / 2**64
