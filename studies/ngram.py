"""The peer without a network: n-grams, with back-off to shorter ones.

It counts what followed the last words in the very windows that a network would be
trained on, and says what followed most often after as many of them as it has met.

Sizes: B windows, T tokens of each, N = order - 1 tokens looked back at, at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from counting.base.checkpoint import Arrays
from counting.base.types import Array, Reading
from counting.engine.backward import StepResult
from counting.training.steps import Batch


class Counting:
    """Collects windows as a step of training reads them; see Step."""

    def __init__(self, order: int, V: int) -> None:
        self.order, self.V = order, V
        self.windows: list[Array] = []

    def __call__(self, batch: Batch, rate: float) -> StepResult:  # noqa: ARG002
        """Keep what is read; it is counted in the end."""
        self.windows.append(batch.tokens.T.astype(np.int16))
        return StepResult(0.0, np.zeros(batch.tokens.shape, bool))

    def weights(self) -> Arrays:
        """Give, by length, the contexts met and what followed most often, (K,) each."""
        windows, found = np.concatenate(self.windows), {}
        for length in range(self.order):
            codes = contexts(windows[:, :-1], length, self.V)
            following = windows[:, length:].astype(np.int64)
            pairs, counts = np.unique(codes * self.V + following, return_counts=True)
            order = np.lexsort((pairs, -counts, pairs // self.V))
            known, first = np.unique((pairs // self.V)[order], return_index=True)
            found[f"contexts.{length}"] = known
            found[f"next.{length}"] = pairs[order][first] % self.V
        return found

    def state_dict(self) -> Arrays:
        """See Step; a study's training is never resumed."""
        raise NotImplementedError

    def load_state_dict(self, state: Arrays) -> None:
        """See Step; a study's training is never resumed."""
        raise NotImplementedError


class Ngrams:
    """Reads tokens with what was counted; see Reader.

    The state is the last N tokens. It gives no probabilities: losses are nan.
    """

    def __init__(self, counted: Arrays, V: int) -> None:
        self.counted, self.V = counted, V
        self.order = len(counted) // 2

    def __call__(
        self,
        tokens: Array,
        targets: Array | None = None,  # noqa: ARG002
        state: Any = None,
    ) -> tuple[Reading, Any]:
        """Read tokens (T, B); see Reader."""
        T = len(tokens)
        before = tokens if state is None else np.concatenate([state, tokens])
        rows = before.T  # (B, T and those before)
        predicted = np.full((rows.shape[0], T), self.counted["next.0"][0])
        for length in range(1, min(self.order, len(before) + 1)):
            codes = contexts(rows, length, self.V)[:, -T:]
            known, after = (self.counted[f"{k}.{length}"] for k in ("contexts", "next"))
            at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
            columns = slice(T - codes.shape[1], T)
            predicted[:, columns] = np.where(
                known[at] == codes, after[at], predicted[:, columns]
            )
        losses = np.full(tokens.shape, np.nan, np.float32)
        return Reading(predicted.T, losses), before[-(self.order - 1) :]


def contexts(windows: Array, length: int, V: int) -> Array:
    """Number the last tokens, so many, before places length, .., T of windows (B, T).

    T is the place after a window. Gives (B, T + 1 - length) int64.
    """
    B, T = windows.shape
    codes = np.zeros((B, T + 1 - length), np.int64)
    for k in range(length):
        codes = codes * V + windows[:, k : T + 1 - length + k]
    return codes
