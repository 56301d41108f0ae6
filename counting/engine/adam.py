"""Adam and AdamW over all parameters as one vector, with clipped gradients.

The updates are those of torch.optim (Kingma and Ba 2015; Loshchilov and Hutter 2019).
No element depends on another, so the bits do not depend on the width of vectors. The
powers of the betas are products, since `pow` differs between C libraries.

Sizes: n parameters.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from counting.base.types import Array
from counting.engine.compiler import jit
from counting.engine.math import ONE

BETA_1, BETA_2, EPS = 0.9, 0.999, 1e-8  # as in PyTorch
CLIP_EPS = 1e-6  # added to the norm before dividing by it, as in PyTorch


class Rates(NamedTuple):
    """The factors of one update."""

    scale: np.float32  # of the gradients: below 1 where they are clipped
    step: np.float32  # learning rate / (1 - beta_1^t)
    root: np.float32  # 1 / sqrt(1 - beta_2^t)
    shrink: np.float32  # 1 - learning rate * weight decay


@jit
def squared_norm(values: Array) -> float:
    """Give the sum of the squares of values (n,), in float64, four sums at a time."""
    a = b = c = d = 0.0
    whole = len(values) - len(values) % 4
    for i in range(0, whole, 4):
        a += np.float64(values[i]) ** 2
        b += np.float64(values[i + 1]) ** 2
        c += np.float64(values[i + 2]) ** 2
        d += np.float64(values[i + 3]) ** 2
    for i in range(whole, len(values)):
        a += np.float64(values[i]) ** 2
    return (a + b) + (c + d)


@jit
def adam_update(
    values: Array, gradients: Array, m: Array, v: Array, decayed: int, rates: Rates
) -> None:
    """Update values (n,) and their moments m and v; the first `decayed` values decay.

    g = scale * gradient
    m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2
    value = shrink * value - step * m / (sqrt(v) * root + eps)
    """
    keep_m, keep_v, eps = np.float32(BETA_1), np.float32(BETA_2), np.float32(EPS)
    for i in range(decayed):
        values[i] *= rates.shrink
    for i in range(len(values)):
        g = gradients[i] * rates.scale
        m[i] = keep_m * m[i] + (ONE - keep_m) * g
        v[i] = keep_v * v[i] + (ONE - keep_v) * g * g
        values[i] -= rates.step * m[i] / (np.sqrt(v[i]) * rates.root + eps)


class Adam:
    """Adam, or AdamW where there is a weight decay.

    Args:
        values: the parameters, (n,) float32; changed by each update.
        gradients: (n,), read by each update.
        decayed: how many parameters, the first ones, have weight decay.
        clip_norm: the largest norm that all gradients together may have; None for any.
    """

    def __init__(
        self, values: Array, gradients: Array, decayed: int, clip_norm: float | None
    ) -> None:
        self.values, self.gradients = values, gradients
        self.decayed, self.clip_norm = decayed, clip_norm
        self.m, self.v = np.zeros_like(values), np.zeros_like(values)
        self.powers = np.ones(2)  # beta_1^t, beta_2^t

    def update(self, rate: float, decay: float | None) -> None:
        """Change the parameters by their gradients.

        Args:
            rate: the learning rate.
            decay: the weight decay, or None for Adam without one.
        """
        self.powers *= (BETA_1, BETA_2)
        scale = 1.0
        if self.clip_norm is not None:
            norm = math.sqrt(squared_norm(self.gradients))
            scale = min(1.0, self.clip_norm / (norm + CLIP_EPS))
        rates = Rates(
            np.float32(scale),
            np.float32(rate / (1 - self.powers[0])),
            np.float32(1 / math.sqrt(1 - self.powers[1])),
            np.float32(1 - rate * (decay or 0.0)),
        )
        adam_update(self.values, self.gradients, self.m, self.v, self.decayed, rates)

    def state_dict(self) -> dict[str, Array]:
        """Copy the two moments and the powers of the betas."""
        return {"m": self.m.copy(), "v": self.v.copy(), "powers": self.powers.copy()}

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Restore what `state_dict` gave."""
        self.m[:], self.v[:], self.powers[:] = state["m"], state["v"], state["powers"]
