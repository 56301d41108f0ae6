"""A copy head: say a word of one's own, one read before, or what stands in for it.

A pointer-generator (See, Liu and Manning 2017, after Vinyals et al. 2015) over the last
M tokens, with one addition: a table that may put another token in place of the one
copied, so that what is learnt of "eight, nine" in one place can be said in another.

    a   = softmax over j of q_i . k_j,  i - M <= j < i    where did I stand like this?
    c   = sum over j of a_j onehot(x_{j+1})               what came next there
    p   = g_1 softmax(o) + g_2 c + g_3 c S                own word, copy, substitute

`CopyHead` says it for autograd. The compiled functions under it do the same by hand,
forward and back, for windows that begin with no memory.

Sizes: B windows, T tokens, V vocabulary, H hidden, M memory; P, T and those before.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.counting.compiled import (
    ONE,
    ZERO,
    Array,
    add_product,
    compiled,
    exp,
    helper,
    log,
)
from stages.counting.readout import NEVER as SHUT
from stages.counting.readout import find, highest, softmax

Memory = tuple[Tensor, Tensor]  # keys (B, P, H) and their tokens (B, P), P <= M

FLOOR = 1e-8  # added to a probability before its logarithm
SHARPNESS = 4.0  # of the table: how fast it makes up its mind
NEVER = -1e9  # a score that no softmax lets through


class CopyHead(nn.Module):
    """What a copy head has beside the projection of the states: the table S.

    The projection gives a state's V logits, query, key and three gates side by side.
    In training, bptt.py shuts copying at a share `dropout` of the positions, so that
    the state goes on knowing by itself what it could also look up.
    """

    def __init__(
        self, vocabulary_size: int, hidden_size: int, memory: int, dropout: float
    ) -> None:
        super().__init__()
        self.sizes = [vocabulary_size, hidden_size, hidden_size, 3]
        self.memory, self.dropout = memory, dropout
        self.S = nn.Parameter(torch.zeros(vocabulary_size, vocabulary_size))

    def forward(
        self,
        projected: Tensor,
        tokens: Tensor,
        memory: Memory | None = None,
        shut: Tensor | None = None,
    ) -> tuple[Tensor, Memory]:
        """Mix the three ways of saying a token.

        Args:
            projected: (B, T, V + 2 H + 3), of the states.
            tokens: (B, T) int64, what was read.
            memory: keys and tokens of the positions before, if there were any.
            shut: (B, T) bool, where nothing may be copied.

        Returns:
            Log probabilities (B, T, V), which serve as logits, and the memory.
        """
        V, H = self.sizes[:2]
        logits, query, key, gates = projected.split(self.sizes, -1)
        if memory is not None:
            key = torch.cat([memory[0], key], 1)  # (B, P, H)
            tokens = torch.cat([memory[1], tokens], 1)  # (B, P)
        P = tokens.shape[1]
        following = torch.cat([tokens[:, 1:], tokens[:, -1:]], 1)  # (B, P)
        i, j = torch.arange(P - query.shape[1], P)[:, None], torch.arange(P)
        far = (j >= i) | (j < i - self.memory)  # (T, P)
        scores = torch.bmm(query * H**-0.5, key.transpose(1, 2))
        attention = scores.masked_fill(far, NEVER).softmax(-1)  # (B, T, P)
        copied = torch.bmm(attention, F.one_hot(following, V).to(key.dtype))
        substituted = copied @ (SHARPNESS * self.S).softmax(-1)  # (B, T, V)
        alone = far.all(-1).expand(gates.shape[:-1])  # nothing came before
        if shut is not None:
            alone = alone | shut
        alone = alone.unsqueeze(-1) & torch.tensor([False, True, True])
        own, copy, substitute = gates.masked_fill(alone, NEVER).softmax(-1).split(1, -1)
        p = own * logits.softmax(-1) + copy * copied + substitute * substituted
        # xlogy, since torch.log takes MKL's vector functions, whose bits differ by CPU
        log_p = torch.xlogy(torch.ones(()), p + FLOOR)
        return log_p, (key[:, -self.memory :], tokens[:, -self.memory :])


# --- the same by hand, in rows of readout.Layout: logits, query, key, gates ----------


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
            to[u, v] = SHUT
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
                gates[1] = gates[2] = SHUT
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
