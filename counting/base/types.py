"""Types that all packages share, without loading PyTorch or Numba.

Sizes: T tokens, B windows, V vocabulary, H hidden, K positions read before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

NO_TARGET = -1  # the target of a position that is not scored


class Reading(NamedTuple):
    """What a network predicts after each token; later calls do not overwrite it."""

    predicted: Array  # (T, B) int64, the likeliest tokens
    losses: Array  # (T, B), -log p of the targets, in nats; 0 where there is none


class Inside(NamedTuple):
    """How a network came to a reading; later calls do not overwrite it either."""

    probabilities: Array  # (T, B, V)
    states: Array  # (T, B, H), hidden, after each token
    gates: Array | None  # (T, B, 3) of a copy head: own word, copy, substitute
    # (T, B, K + T) of a copy head: the weight of position j is that of copying the
    # token after it
    attention: Array | None
