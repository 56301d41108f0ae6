"""The copy head of networks/copy_head.py by hand, forward and back.

Rows of `out` are laid out as linear_head.Layout says: logits, then query, key, gates.
Tokens can be copied from the windows themselves and from the K positions before them
that a carried state holds.

Sizes: B windows, T tokens, V vocabulary, H hidden, C columns of `out`, L of them for
logits, K positions before the first token.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.base.types import NO_TARGET, Array, Reading
from counting.engine.compiler import inlined, jit
from counting.engine.linear_head import NEVER, index_of, row_max, scored, softmax
from counting.engine.math import ONE, ZERO, exp, log
from counting.engine.matmul import matmul_add

FLOOR = 1e-8  # added to a probability before its logarithm, as the definition does


class Constants(NamedTuple):
    """The numbers that a copy head computes with; floats in the type of its arrays."""

    H: int
    reach: int  # positions that can be copied from
    sharpness: float  # S is multiplied by it
    scale: float  # H^-1/2, of query times key
    floor: float  # FLOOR


class Context(NamedTuple):
    """The tokens that can be copied, and those that come next."""

    tokens: Array  # (K + T, B)
    keys: Array  # (K, B, H), of the positions before the windows
    targets: Array  # (T, B), NO_TARGET where none is scored
    no_copy: Array  # (T, B) bool, positions that may not copy


class Mixed(NamedTuple):
    """What a copy head computes on the way to a reading."""

    substitution: Array  # (V, L), softmax(sharpness * S) by rows
    attention: Array  # (B, T, K + T or more), weights within reach, and scores beyond
    p: Array  # (T, B, L), probabilities of the mixture


@inlined
def fill_zero(values: Array) -> None:
    """Put zeros into a matrix."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = ZERO


@inlined
def softmax_short(row: Array) -> None:
    """Turn scores into probabilities, in place; unlike softmax, any number of them."""
    top, total = row[0], ZERO
    for j in range(1, len(row)):
        top = max(top, row[j])
    for j in range(len(row)):
        row[j] = exp(row[j] - top)
        total += row[j]
    for j in range(len(row)):
        row[j] /= total


@jit
def substitution_softmax(S: Array, sharpness: Any, substitution: Array) -> None:
    """Put softmax(sharpness * S) by rows into `substitution` (V, L); S is (V, V)."""
    V = len(S)
    for u in range(V):
        row = substitution[u]
        for v in range(V):
            row[v] = sharpness * S[u, v]
        for v in range(V, len(row)):
            row[v] = NEVER
        softmax(row, row_max(row))


@jit
def substitution_softmax_backward(
    substitution: Array, d: Array, sharpness: float, dS: Array
) -> None:
    """Put the gradient of S (V, V) into dS, given d (V, L), that of `substitution`."""
    for u in range(len(dS)):
        mean = ZERO
        for v in range(len(dS)):
            mean += substitution[u, v] * d[u, v]
        for v in range(len(dS)):
            dS[u, v] = sharpness * substitution[u, v] * (d[u, v] - mean)


@jit
def copy_head_forward(
    out: Array, context: Context, constants: Constants, mixed: Mixed, reading: Reading
) -> None:
    """Mix the three ways of saying a token: p = g_1 o + g_2 c + g_3 c S.

    Here S is the substitution, o the softmax of the logits, and c the attention, summed
    for each token that it points at.

    Args:
        out: (T, B, C); its logits and gates become probabilities.
        context: tokens, targets, and the keys before the windows.
        constants: of the copy head.
        mixed: with its substitution; attention and p are filled.
        reading: filled.
    """
    substitution, attention, mixture = mixed
    (T, B), L = out.shape[:2], substitution.shape[1]
    H, reach, _, scale, floor = constants
    tokens, before, targets, no_copy = context
    K, keys = len(before), np.zeros((H, attention.shape[2]), out.dtype)
    log_total = log(ONE + np.float32(len(substitution)) * floor)
    for b in range(B):
        for j in range(K):
            for k in range(H):
                keys[k, j] = before[j, b, k] * scale
        for t in range(T):
            for k in range(H):
                keys[k, K + t] = out[t, b, L + H + k] * scale
        scores = attention[b]
        fill_zero(scores)
        matmul_add(scores, out[:, b, L : L + H], keys)
        for t in range(T):
            row, now, y = out[t, b], K + t, targets[t, b]
            own, gates = row[:L], row[L + 2 * H : L + 2 * H + 3]
            first = max(0, now - reach)
            softmax(own, row_max(own))
            if no_copy[t, b] or now == 0:
                gates[1] = gates[2] = NEVER
            softmax_short(gates)
            p = mixture[t, b]
            for v in range(L):
                p[v] = gates[0] * own[v]
            if now > 0:
                softmax_short(scores[t, first:now])
            for j in range(first, now):
                word, weight = tokens[j + 1, b], scores[t, j]
                p[word] += gates[1] * weight
                for v in range(L):
                    p[v] += gates[2] * weight * substitution[word, v]
            reading.predicted[t, b] = index_of(p, row_max(p))
            reading.losses[t, b] = ZERO
            if y != NO_TARGET:
                reading.losses[t, b] = log_total - log(p[y] + floor)


@jit
def copy_head_backward(
    out: Array, context: Context, constants: Constants, mixed: Mixed,
    d: Array, d_substitution: Array,
) -> None:  # fmt: skip
    """Fill the gradient d (T, B, C) of the mean loss, and add to d_substitution (V, L).

    For windows with no position before them. With y the target, x_j the token at
    j, M the number of scored positions and m = -1 / (M (p_y + FLOOR)):
        dg_1 = m o_y,  dg_2 = m c_y,  dg_3 = m (c S)_y,  do_y = m g_1
        da_j = m (g_2 [x_{j+1} = y] + g_3 S_{x_{j+1} y}),  dS_{x_{j+1} y} += m g_3 a_j
    Through each softmax, with s its result and ds the gradient of that, goes
    s * (ds - s' ds). So da becomes the gradient of the scores, called ds in the code:
        dq_i = sum over j of ds_ij k_j,  dk_j = sum over i of ds_ij q_i
    """
    substitution, attention, _ = mixed
    (T, B), L = out.shape[:2], substitution.shape[1]
    H, reach, _, scale, floor = constants
    ds, M = np.empty((T, T), out.dtype), scored(context.targets.ravel())
    for b in range(B):
        dq, dk = d[:, b, L : L + H], d[:, b, L + H : L + 2 * H]
        fill_zero(d[:, b])
        fill_zero(ds)
        for t in range(T):
            row, y, first = out[t, b], context.targets[t, b], max(0, t - reach)
            if y == NO_TARGET:
                continue
            own, gates = row[:L], row[L + 2 * H : L + 2 * H + 3]
            a, da = attention[b, t], ds[t]
            copied, substituted = ZERO * own[y], ZERO * own[y]
            for j in range(first, t):
                word = context.tokens[j + 1, b]
                substituted += a[j] * substitution[word, y]
                if word == y:
                    copied += a[j]
            p_y = gates[0] * own[y] + gates[1] * copied + gates[2] * substituted
            m = -ONE / (M * (p_y + floor))
            d_gates = d[t, b, L + 2 * H : L + 2 * H + 3]
            d_gates[0] = m * gates[0] * (own[y] - p_y)
            d_gates[1] = m * gates[1] * (copied - p_y)
            d_gates[2] = m * gates[2] * (substituted - p_y)
            share = m * gates[0] * own[y]
            for v in range(L):
                d[t, b, v] = -share * own[v]
            d[t, b, y] += share
            mean = ZERO * m
            for j in range(first, t):
                word = context.tokens[j + 1, b]
                da[j] = m * gates[2] * substitution[word, y]
                if word == y:
                    da[j] += m * gates[1]
                mean += a[j] * da[j]
                d_substitution[word, y] += m * gates[2] * a[j]
            for j in range(first, t):
                da[j] = a[j] * (da[j] - mean) * scale
        matmul_add(dq, ds, out[:, b, L + H : L + 2 * H])
        matmul_add(dk, ds.T, out[:, b, L : L + H])
