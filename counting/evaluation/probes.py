"""Linear probes: which digits of a number can be read from a network's hidden state?

A network reads numbers in words; after each word, four probes read the thousands, the
hundreds, the tens and the units of the number from the state alone. If they fail on
numbers they were not fitted on, the network has forgotten the digit.

A probe is Fisher's linear discriminant: it chooses the class whose mean is nearest,
with distances measured by the scatter within the classes. scikit-learn has it, but
solves with LAPACK, whose last digits differ between processors, and with them an
accuracy may change. Here sums are the engine's chains of fma in float64, and the
equations are solved by elimination, element by element, so no library chooses how
anything is computed.

Sizes: M moments, H hidden, K digits that occur.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.base import files
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.matmul import affine, matmul_add
from counting.evaluation.digits import PLACES, Moments

CHUNK = 200  # numbers read at once
FEWEST = 50  # held-out moments that an accuracy needs
SHRINK = 1e-4  # share of the mean variance, added to each: some units hardly vary
UNITS = 2  # named for each place
SIGNIFICANT = 6  # digits of a weight

Rows = list[list[Any]]


class Probe(NamedTuple):
    """A linear readout of a digit: the largest of W h + b."""

    classes: Array  # (K,) the digits
    W: Array  # (K, H) float64
    b: Array  # (K,)

    def read(self, states: Array) -> Array:
        """Read the digits (M,) from states (M, H)."""
        scores = np.zeros((len(states), len(self.b)))
        affine(scores, states, self.W, self.b)
        found: Array = self.classes[scores.argmax(1)]
        return found


class Groups(NamedTuple):
    """States grouped by a digit."""

    classes: Array  # (K,) the digits
    counts: Array  # (K,)
    means: Array  # (K, H)
    within: Array  # (H, H) covariance within the groups


def group(states: Array, digits: Array) -> Groups:
    """Group states (M, H) float64 by their digits (M,)."""
    classes, members, counts = np.unique(
        digits, return_inverse=True, return_counts=True
    )
    H = states.shape[1]
    sums, products = np.zeros((len(classes), H)), np.zeros((H, H))
    matmul_add(sums, np.eye(len(classes))[members].T, states)
    matmul_add(products, states.T, states)
    means = sums / counts[:, None]
    for mean, own in zip(means, sums, strict=True):
        products -= mean[:, None] * own
    return Groups(classes, counts, means, products / len(states))


def fit(states: Array, digits: Array) -> Probe:
    """Fit a probe on states (M, H) float64 and the digits (M,) it is to read."""
    classes, _, means, within = group(states, digits)
    H = len(within)
    least = SHRINK * sum(np.diag(within).tolist()) / H
    within[np.arange(H), np.arange(H)] += least or 1.0  # states that never vary
    W = np.ascontiguousarray(solve(within, means.T).T)
    return Probe(classes, W, np.array([-sum(row) / 2 for row in (W * means).tolist()]))


def solve(A: Array, B: Array) -> Array:
    """Solve A X = B, A (H, H) positive definite and B (H, K), by elimination.

    Every operation is elementwise, so each element is rounded alike on any processor.
    """
    A, X = A.copy(), B.copy()
    for k in range(len(A)):
        factors = (A[k + 1 :, k] / A[k, k])[:, None]
        A[k + 1 :] -= factors * A[k]
        X[k + 1 :] -= factors * X[k]
    for k in reversed(range(len(A))):
        X[k] /= A[k, k]
        X[:k] -= A[:k, k, None] * X[k]
    return X


# --- what a network remembers --------------------------------------------------------


class Memory(NamedTuple):
    """What one network remembers."""

    fading: Rows  # place, words since it was read, accuracy, chance
    at_comma: Rows  # place, accuracy, chance
    probes: dict[str, Any]  # by place, fitted on all words since it was read; as JSON


def remembered(read: Inference, some: Moments) -> Memory:
    """Fit probes to a network's states and judge them on held-out numbers."""
    chunks = np.array_split(some.windows, -(-some.windows.shape[1] // CHUNK), axis=1)
    states = np.concatenate([read.states(chunk) for chunk in chunks], axis=1)
    states = states[some.position, some.number].astype(np.float64)  # (M, H)
    memory = Memory([], [], {})
    for p, place in enumerate(PLACES):
        for words in range(int(some.since[:, p].max()) + 1):
            if found := judge(states, some, p, some.since[:, p] == words):
                memory.fading.append([place, words, *found[1:]])
        if found := judge(states, some, p, some.comma):
            memory.at_comma.append([place, *found[1:]])
        if found := judge(states, some, p, some.since[:, p] >= 0):
            at_comma = group(states[some.comma], some.digits[some.comma, p])
            memory.probes[place] = as_json(*found, at_comma)
    return memory


def judge(
    states: Array, some: Moments, p: int, chosen: Array
) -> tuple[Probe, float, float] | None:
    """Fit and judge a probe of the p-th place at chosen moments (M,) bool.

    Returns:
        The probe; its accuracy on held-out numbers, and that of always saying the digit
        most frequent among them, in [0, 1]. None if there are too few moments.
    """
    held_out = some.held_out[some.number]
    mine, others = chosen & ~held_out, chosen & held_out
    digits = some.digits[:, p]
    if others.sum() < FEWEST or len(np.unique(digits[mine])) < 2:
        return None
    probe = fit(states[mine], digits[mine])
    right = probe.read(states[others]) == digits[others]
    chance = np.bincount(digits[others]).max()
    return probe, int(right.sum()) / len(right), int(chance) / len(right)


def as_json(probe: Probe, accuracy: float, chance: float, groups: Groups) -> Any:
    """Lay a probe out as JSON, with the units that tell the digit best by themselves.

    Accuracies are rounded as in all tracked files, weights to `SIGNIFICANT` digits.
    """
    shares = explained(groups)
    best = np.argsort(-shares, kind="stable")[:UNITS].tolist()
    return {
        "accuracy": round(accuracy, files.DIGITS),
        "bias": [significant(x) for x in probe.b.tolist()],
        "chance": round(chance, files.DIGITS),
        "digits": probe.classes.tolist(),
        "units": [[unit, round(float(shares[unit]), 3)] for unit in best],
        "weight": [[significant(x) for x in row] for row in probe.W.tolist()],
    }


def explained(groups: Groups) -> Array:
    """Give the share of each unit's variance (H,) that the digit explains."""
    whole = groups.counts.sum()
    mean, between = (np.zeros(groups.means.shape[1]) for _ in range(2))
    for count, own in zip(groups.counts, groups.means, strict=True):
        mean += own * (count / whole)
    for count, own in zip(groups.counts, groups.means, strict=True):
        between += (own - mean) ** 2 * (count / whole)
    total = between + np.diag(groups.within)
    return between / np.where(total > 0, total, 1.0)


def significant(x: float) -> float:
    """Round a number to `SIGNIFICANT` digits."""
    return float(f"{x:.{SIGNIFICANT}g}")
