"""The copy head of copying.py by hand, forward and back, for windows without a memory.

Rows are laid out as readout.Layout says: logits, then query, key and gates.

Sizes: B windows, T tokens, V vocabulary, H hidden, C columns, L of them for logits.
"""

from __future__ import annotations

import numpy as np

from counting.engine.compiled import ONE, ZERO, Array, compiled, exp, helper, log
from counting.engine.linear_head import NEVER, find, highest, softmax
from counting.engine.matmul import add_product
from counting.networks.copy_head import SHARPNESS


@helper
def clear(values: Array) -> None:
    """Put zeros into a matrix."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = ZERO


@helper
def few(row: Array) -> None:
    """Turn a few scores into probabilities, in place; softmax does so for many."""
    top, whole = row[0], ZERO
    for j in range(1, len(row)):
        top = max(top, row[j])
    for j in range(len(row)):
        row[j] = exp(row[j] - top)
        whole += row[j]
    for j in range(len(row)):
        row[j] /= whole


@compiled
def substitutes(S: Array, to: Array) -> None:
    """Put softmax(SHARPNESS * S) by rows into `to` (V, C)."""
    V = len(S)
    for u in range(V):
        for v in range(V):
            to[u, v] = np.float32(SHARPNESS) * S[u, v]
        for v in range(V, to.shape[1]):
            to[u, v] = NEVER
        softmax(to[u], highest(to[u]))


@compiled
def unsubstitutes(to: Array, d: Array, dS: Array) -> None:
    """Turn the gradient d (V, C) of what `substitutes` gave into that of S."""
    for u in range(len(dS)):
        mean = ZERO
        for v in range(len(dS)):
            mean += to[u, v] * d[u, v]
        for v in range(len(dS)):
            dS[u, v] = np.float32(SHARPNESS) * to[u, v] * (d[u, v] - mean)


@compiled
def say(
    out: Array, tokens: Array, targets: Array, shut: Array, S: Array,
    H: int, memory: int, skip: int, scale: float, floor: float,
    attention: Array, said: Array, nats: Array,
) -> None:  # fmt: skip
    """Mix the three ways of saying a token; see readout.say.

    Args:
        out: (T, B, C); its logits and gates become probabilities.
        tokens: (T, B), what was read.
        targets: (T - skip, B).
        shut: (T, B) bool, where nothing may be copied.
        S: (V, C) of `substitutes`.
        H: hidden size.
        memory: positions that can be copied from.
        skip: first positions, which say nothing.
        scale: H^-1/2.
        floor: FLOOR.
        attention: (B, T, T or more), filled as far as the memory reaches.
        said: (T - skip, B), filled.
        nats: (T - skip, B), filled.
    """
    T, B = tokens.shape
    L = S.shape[1]
    keys, p = np.zeros((H, attention.shape[2]), out.dtype), np.empty(L, out.dtype)
    whole = log(ONE + np.float32(len(S)) * floor)
    for i in range(B):
        for t in range(T):
            for k in range(H):
                keys[k, t] = out[t, i, L + H + k] * scale
        scores = attention[i]
        clear(scores)
        add_product(scores, out[:, i, L : L + H], keys)
        for t in range(skip, T):
            row, first = out[t, i], max(0, t - memory)
            own, gates = row[:L], row[L + 2 * H : L + 2 * H + 3]
            softmax(own, highest(own))
            if shut[t, i] or t == 0:
                gates[1] = gates[2] = NEVER
            few(gates)
            for v in range(L):
                p[v] = gates[0] * own[v]
            if t > 0:
                few(scores[t, first:t])
            for j in range(first, t):
                word, weight = tokens[j + 1, i], scores[t, j]
                p[word] += gates[1] * weight
                for v in range(L):
                    p[v] += gates[2] * weight * S[word, v]
            said[t - skip, i] = find(p, highest(p))
            nats[t - skip, i] = whole - log(p[targets[t - skip, i]] + floor)


@compiled
def unsay(
    out: Array, tokens: Array, targets: Array, S: Array,
    H: int, memory: int, skip: int, scale: float, floor: float,
    attention: Array, d: Array, dS: Array,
) -> None:  # fmt: skip
    """Fill the gradients d (T, B, C) and dS (V, C) of the mean loss.

    With y the target, m = -1 / (N (p_y + FLOOR)), and s * (ds - s' ds) for a softmax s:
        dg_1 = m o_y,  dg_2 = m c_y,  dg_3 = m (c S)_y,  do_y = m g_1
        da_j = m (g_2 [x_{j+1} = y] + g_3 S_{x_{j+1} y}),  dS_{x_{j+1} y} += m g_3 a_j
        dq_i = sum over j of ds_ij k_j,  dk_j = sum over i of ds_ij q_i
    """
    T, B = tokens.shape
    L = S.shape[1]
    ds = np.empty((T, T), out.dtype)
    clear(dS)
    N = np.float32((T - skip) * B)
    for i in range(B):
        dq, dk = d[:, i, L : L + H], d[:, i, L + H : L + 2 * H]
        clear(ds)
        clear(dq)
        clear(dk)
        for t in range(skip, T):
            row, y, first = out[t, i], targets[t - skip, i], max(0, t - memory)
            own, gates = row[:L], row[L + 2 * H : L + 2 * H + 3]
            a, da = attention[i, t], ds[t]
            copied, substituted = ZERO * own[y], ZERO * own[y]
            for j in range(first, t):
                word = tokens[j + 1, i]
                substituted += a[j] * S[word, y]
                if word == y:
                    copied += a[j]
            p_y = gates[0] * own[y] + gates[1] * copied + gates[2] * substituted
            m = -ONE / (N * (p_y + floor))
            d_gates = d[t, i, L + 2 * H : L + 2 * H + 3]
            d_gates[0] = m * gates[0] * (own[y] - p_y)
            d_gates[1] = m * gates[1] * (copied - p_y)
            d_gates[2] = m * gates[2] * (substituted - p_y)
            share = m * gates[0] * own[y]
            for v in range(L):
                d[t, i, v] = -share * own[v]
            d[t, i, y] += share
            mean = ZERO * m
            for j in range(first, t):
                word = tokens[j + 1, i]
                da[j] = m * gates[2] * S[word, y]
                if word == y:
                    da[j] += m * gates[1]
                mean += a[j] * da[j]
                dS[word, y] += m * gates[2] * a[j]
            for j in range(first, t):
                da[j] = a[j] * (da[j] - mean) * scale
        add_product(dq, ds, out[:, i, L + H : L + 2 * H])
        add_product(dk, ds.T, out[:, i, L : L + H])
