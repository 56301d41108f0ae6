"""Batch norm and linear layer in one, and cross entropy, by hand.

Batch norm is fused into the weights, so no normalised copy of the states is written.
With y = h - mean, rs = 1 / sqrt(var + eps) and c = gamma * rs, for N positions as rows:
    out = y (W * c)' + (b + W beta)
Backward, with d the gradient of `out`:
    db = sum of d,  D = (d' y) * rs,  dW = D * gamma + db beta'
    dgamma = sum over P of W * D,  dbeta = W' db
    dh = d (W * c) - (c / N) * (dbeta + y * rs * dgamma)
Cross entropy, with p = softmax(logits), is the mean of -log p_target over the M scored
positions, and its gradient
    d = (p - onehot(target)) / M there, and 0 elsewhere

A row of `out` has C columns, more than P, since vectors are fastest in multiples of 32:
V logits, a gap up to column `Layout.logits`, the P - V other values, and another gap.

Sizes: N positions, M of them scored, H hidden, V vocabulary, P rows of W, C columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.base.types import NO_TARGET, Array
from counting.engine.compiler import inlined, jit
from counting.engine.math import ONE, ZERO, exp, log
from counting.engine.matmul import matmul_add
from counting.engine.recurrence import add_row

VECTOR = 32  # columns that are whole vectors on every processor
NEVER = np.float32(-1e30)  # a logit whose softmax is 0


class Layout(NamedTuple):
    """Where a row holds the P values that a state is projected to."""

    V: int
    P: int
    logits: int  # columns for the logits, with the gap after them
    columns: int  # C

    @classmethod
    def of(cls, V: int, P: int) -> Layout:
        """Lay out V logits, and P - V other values if there are any."""
        logits = round_up(V)
        return cls(V, P, logits, logits + round_up(P - V))


class Head(NamedTuple):
    """The weights of the linear layer and of batch norm, or their gradients."""

    W: Array  # (P, H)
    b: Array  # (P,)
    gamma: Array  # (H,)
    beta: Array  # (H,)


class Normalized(NamedTuple):
    """The states less their mean, and the statistics."""

    y: Array  # (N, H)
    mean: Array  # (H,)
    var: Array  # (H,), biased
    rs: Array  # (H,), 1 / sqrt(var + eps)


class Fused(NamedTuple):
    """The linear layer with batch norm in it."""

    W: Array  # (C, H), zero in the gaps
    b: Array  # (C,), `NEVER` in the gap of the logits, zero in the other


def round_up(columns: int, to: int = VECTOR) -> int:
    """Round up to a multiple of `to`."""
    return -(-columns // to) * to


@jit
def batch_statistics(h: Array, normalized: Normalized) -> None:
    """Compute y, mean and biased variance of states (N, H); `rs` is left alone."""
    y, mean, var, _ = normalized
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


@jit
def fuse_batch_norm(
    head: Head, mean: Array, rs: Array, layout: Layout, fused: Fused
) -> None:
    """Fill the fused layer, for states whose `mean` (H,) is yet to be subtracted."""
    W, b, gamma, beta = head
    for column in range(layout.V, layout.logits):
        fused.b[column] = NEVER
    for p in range(len(W)):
        column = p if p < layout.V else p + layout.logits - layout.V
        offset = b[p]
        for j in range(W.shape[1]):
            offset += W[p, j] * (beta[j] - mean[j] * gamma[j] * rs[j])
            fused.W[column, j] = W[p, j] * (gamma[j] * rs[j])
        fused.b[column] = offset


@jit
def fused_linear_backward(
    d: Array,
    head: Head,
    normalized: Normalized,
    layout: Layout,
    fused: Fused,
    d_states: Array,
    d_head: Head,
) -> None:
    """Fill the gradients of the states (N, H) and of the weights, given d (N, C)."""
    (y, _, _, rs), (W, _, gamma, beta) = normalized, head
    N, H = np.float32(len(d)), W.shape[1]
    D, d_sum = np.zeros_like(fused.W), np.zeros_like(fused.b)
    for i in range(len(d)):
        add_row(d_sum, d[i])
    matmul_add(D, d.T, y)
    dW, db, d_gamma, d_beta = d_head
    for j in range(H):
        d_gamma[j], d_beta[j] = ZERO, ZERO
    for p in range(len(W)):
        column = p if p < layout.V else p + layout.logits - layout.V
        db[p] = d_sum[column]
        for j in range(H):
            slope = D[column, j] * rs[j]
            dW[p, j] = slope * gamma[j] + db[p] * beta[j]
            d_gamma[j] += W[p, j] * slope
            d_beta[j] += W[p, j] * db[p]
    for i in range(len(d)):
        for j in range(H):
            share = gamma[j] * rs[j] / N
            d_states[i, j] = -share * (d_beta[j] + y[i, j] * rs[j] * d_gamma[j])
    matmul_add(d_states, d, fused.W)


@inlined
def row_max(row: Array) -> Any:
    """Give the maximum of 4 n values.

    Four are taken side by side, since every operation waits for the one before it.
    """
    a, b, c, d = row[0], row[1], row[2], row[3]
    for v in range(4, len(row), 4):
        a, b = max(a, row[v]), max(b, row[v + 1])
        c, d = max(c, row[v + 2]), max(d, row[v + 3])
    return max(max(a, b), max(c, d))


@inlined
def row_sum(row: Array) -> Any:
    """Give the sum of 4 n values, in the same way."""
    a, b, c, d = row[0], row[1], row[2], row[3]
    for v in range(4, len(row), 4):
        a, b, c, d = a + row[v], b + row[v + 1], c + row[v + 2], d + row[v + 3]
    return (a + b) + (c + d)


@inlined
def softmax(row: Array, top: float) -> Any:
    """Turn 4 n scores with maximum `top` into probabilities, in place.

    Returns the sum of e^(score - top), by which they were divided.
    """
    for v in range(len(row)):
        row[v] = exp(row[v] - top)
    total = row_sum(row)
    for v in range(len(row)):
        row[v] /= total
    return total


@inlined
def index_of(row: Array, value: float) -> int:
    """Give the index of the first `value` in a row that has it."""
    v = 0
    while row[v] != value and v < len(row) - 1:
        v += 1
    return v


@jit
def softmax_cross_entropy(
    out: Array, logits: int, targets: Array, predicted: Array, losses: Array
) -> None:
    """Turn the logits of `out` (N, C) into probabilities, in place.

    Fills predicted (N,) with the likeliest tokens, and losses (N,) with -log p of the
    targets (N,) in nats, 0 where none is scored. `logits` is that of the layout.
    """
    for i in range(len(out)):
        row, y = out[i, :logits], targets[i]
        top, logit = row_max(row), row[max(y, 0)]
        predicted[i] = index_of(row, top)
        loss = log(softmax(row, top)) + (top - logit)
        losses[i] = ZERO if y == NO_TARGET else loss


@jit
def softmax_cross_entropy_backward(p: Array, targets: Array) -> None:
    """Turn probabilities (N, C) into the gradient of the logits, in place."""
    M = scored(targets)
    for i in range(len(p)):
        known = ZERO if targets[i] == NO_TARGET else ONE
        p[i, max(targets[i], 0)] -= ONE
        for v in range(p.shape[1]):
            p[i, v] = known * p[i, v] / M


@inlined
def scored(targets: Array) -> Any:
    """Count the targets (N,) that are scored; 1 if there are none, to divide by it."""
    count = 0
    for i in range(len(targets)):
        count += targets[i] != NO_TARGET
    return np.float32(max(1, count))


@jit
def mean_loss(losses: Array, targets: Array) -> Any:
    """Give the mean of losses (N,) over the scored targets (N,); 0 without any."""
    total = ZERO
    for i in range(len(losses)):
        total += losses[i]
    return total / scored(targets)
