"""What modules of every room speak of, and no library is loaded for.

Sizes: T tokens, B windows, V vocabulary, H hidden, K positions read before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

NO_TARGET = -1  # in the place of a target that is not scored


class Reading(NamedTuple):
    """What a network makes of tokens; its own arrays, which nothing overwrites."""

    predicted: Array  # (T, B) int64, the likeliest tokens
    losses: Array  # (T, B), -log p of the targets, in nats; 0 where there is none


class Inside(NamedTuple):
    """How a network came to a reading; its own arrays, too."""

    probabilities: Array  # (T, B, V)
    states: Array  # (T, B, H), hidden, after each token
    gates: Array | None  # (T, B, 3) of a copy head: own word, copy, substitute
    # (T, B, K + T), where a copy head looks: the weight of position j is for the token
    # that came after it
    attention: Array | None
