"""Batch norm and linear layer in one, and cross entropy, by hand.

Batch norm is folded into the weights, so that no normalised, scaled and shifted copy of
the states is ever written. With y = h - mean, rs = 1 / sqrt(var + eps) and
c = gamma * rs, over the N positions:
    out = y (W * c)' + (b + W beta)
Backward, with d the gradient of `out`:
    db = sum of d,  D = (d' y) * rs,  dW = D * gamma + db beta'
    dgamma = sum over P of W * D,  dbeta = W' db
    dh = d (W * c) - (c / N) * (dbeta + y * rs * dgamma)
Cross entropy, with p = softmax(logits): loss = mean of -log p_target,
    d = (p - onehot(target)) / N

Rows of `out` are wider than P: vectors want multiples of 32. After the V logits comes a
gap, up to `Layout.logits` columns, which hold no token; after the rest another one.

Sizes: N positions, H hidden, V vocabulary, P rows of W, C columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.engine.compiled import (
    ONE,
    ZERO,
    Array,
    compiled,
    exp,
    helper,
    log,
)
from counting.engine.matmul import add_product
from counting.engine.recurrence import add_row

VECTOR = 32
NEVER = np.float32(-1e30)  # logit of what is no token


class Layout(NamedTuple):
    """Where the P values that a state is projected to stand in a row."""

    V: int
    P: int
    logits: int  # columns of the logits, those of no token included
    columns: int

    @classmethod
    def of(cls, V: int, P: int) -> Layout:
        """Lay out V logits, and P - V other values if there are any."""
        logits = whole(V)
        return cls(V, P, logits, logits + whole(P - V))


def whole(columns: int) -> int:
    """Round up to whole vectors."""
    return -(-columns // VECTOR) * VECTOR


@compiled
def statistics(h: Array, y: Array, mean: Array, var: Array) -> None:
    """Take mean and biased variance (H,) of states (N, H); y becomes h - mean."""
    N = np.float32(len(h))
    for j in range(len(mean)):
        mean[j], var[j] = ZERO, ZERO
    for i in range(len(h)):
        add_row(mean, h[i])
    for j in range(len(mean)):
        mean[j] /= N
    for i in range(len(h)):
        for j in range(len(mean)):
            y[i, j] = h[i, j] - mean[j]
            var[j] += y[i, j] * y[i, j]
    for j in range(len(mean)):
        var[j] /= N


@compiled
def fold(
    W: Array, b: Array, gamma: Array, beta: Array, mean: Array, rs: Array,
    V: int, logits: int, W_c: Array, shift: Array,
) -> None:  # fmt: skip
    """Fold batch norm into W (P, H), b (P,): W_c (C, H), shift (C,); gaps stay zero."""
    for column in range(V, logits):
        shift[column] = NEVER
    for p in range(len(W)):
        column = p if p < V else p + logits - V
        offset = b[p]
        for j in range(W.shape[1]):
            offset += W[p, j] * (beta[j] - mean[j] * gamma[j] * rs[j])
            W_c[column, j] = W[p, j] * (gamma[j] * rs[j])
        shift[column] = offset


@compiled
def unfold(
    d: Array, y: Array, W: Array, gamma: Array, beta: Array, rs: Array,
    V: int, logits: int, W_c: Array, D: Array, d_sum: Array,
    dh: Array, dW: Array, db: Array, d_gamma: Array, d_beta: Array,
) -> None:  # fmt: skip
    """Give the gradients of states, weights and batch norm of d (N, C).

    What stands in D (C, H) and d_sum (C,), of which the formulas tell, is lost.
    """
    N, H = np.float32(len(d)), W.shape[1]
    for column in range(len(d_sum)):
        d_sum[column] = ZERO
        for j in range(H):
            D[column, j] = ZERO
    for i in range(len(d)):
        add_row(d_sum, d[i])
    add_product(D, d.T, y)
    for j in range(H):
        d_gamma[j], d_beta[j] = ZERO, ZERO
    for p in range(len(W)):
        column = p if p < V else p + logits - V
        db[p] = d_sum[column]
        for j in range(H):
            slope = D[column, j] * rs[j]
            dW[p, j] = slope * gamma[j] + db[p] * beta[j]
            d_gamma[j] += W[p, j] * slope
            d_beta[j] += W[p, j] * db[p]
    for i in range(len(d)):
        for j in range(H):
            share = gamma[j] * rs[j] / N
            dh[i, j] = -share * (d_beta[j] + y[i, j] * rs[j] * d_gamma[j])
    add_product(dh, d, W_c)


@helper
def highest(row: Array) -> Any:
    """Give the highest of a row of 4 n values: four at a time, or each waits."""
    a, b, c, d = row[0], row[1], row[2], row[3]
    for v in range(4, len(row), 4):
        a, b = max(a, row[v]), max(b, row[v + 1])
        c, d = max(c, row[v + 2]), max(d, row[v + 3])
    return max(max(a, b), max(c, d))


@helper
def total(row: Array) -> Any:
    """Give the sum of a row of 4 n values, in the same way."""
    a, b, c, d = row[0], row[1], row[2], row[3]
    for v in range(4, len(row), 4):
        a, b, c, d = a + row[v], b + row[v + 1], c + row[v + 2], d + row[v + 3]
    return (a + b) + (c + d)


@helper
def softmax(row: Array, top: float) -> Any:
    """Turn 4 n scores, the highest `top`, into probabilities; gives their sum."""
    for v in range(len(row)):
        row[v] = exp(row[v] - top)
    whole = total(row)
    for v in range(len(row)):
        row[v] /= whole
    return whole


@helper
def find(row: Array, value: float) -> int:
    """Give the first place of a value, which is in the row."""
    v = 0
    while row[v] != value and v < len(row) - 1:
        v += 1
    return v


@compiled
def say(out: Array, logits: int, targets: Array, said: Array, nats: Array) -> None:
    """Turn logits (N, C) into probabilities, in place.

    Puts the likeliest tokens into said (N,), and -log p of the targets into nats (N,).
    """
    for i in range(len(out)):
        row = out[i, :logits]
        top, logit = highest(row), row[targets[i]]
        said[i] = find(row, top)
        nats[i] = log(softmax(row, top)) + (top - logit)


@compiled
def unsay(p: Array, targets: Array) -> None:
    """Turn probabilities (N, C) into the gradient of the mean loss, in place."""
    N = np.float32(len(p))
    for i in range(len(p)):
        p[i, targets[i]] -= ONE
        for v in range(p.shape[1]):
            p[i, v] /= N


@compiled
def mean(values: Array) -> Any:
    """Give the mean of values (M, N)."""
    whole = ZERO
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            whole += values[i, j]
    return whole / np.float32(values.size)
