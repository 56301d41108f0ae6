"""Loop, RNN, GRU and LSTM along time, and back (bptt), by hand.

Each is two compiled functions. `forward` fills the states from the first to the last,
`backward` walks from the last to the first with the gradient that later steps have left
for h_t, and adds to it what comes from above. docs/bptt.md derives the formulas.

The input side of a token is the same wherever it stands. So it comes as a table x, one
row a token of the vocabulary, and is looked up; inputs that are no tokens are a table
with a row for each place.

What all take, and sizes: T steps, B batch, H hidden, G gates, R rows of the table:
    x (R, G * H): input sides of the gates, biases included; b (3 * H): a GRU's b_hh
    tokens (T, B): rows of x, int64
    h, c (T + 1, B, H): states, the start first; c of an LSTM alone
    gates (T, B, 4 * H): what the way back needs of GRU and LSTM
    U (H, G * H): W', contiguous, for the way forward; W (G * H, H) for the way back
    up (T, B, H): gradient of h_1 .. h_T from above
    dx, dW, db: gradients, added to; db (H) of the part of b that is not in x
    dh, dc (B, H): in, gradient of the last state beside `up`; out, of the first
In formulas ' transposes and * is by element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from counting.engine.compiled import (
    ONE,
    ZERO,
    Array,
    compiled,
    fma,
    helper,
    sigmoid,
    tanh,
)
from counting.engine.matmul import add_product


class Recurrence(NamedTuple):
    """One kind of recurrence."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    gates: int = 1  # G
    stored: int = 0  # of `gates`, in H
    cells: int = 0  # states beside h


@helper
def copy_row(to: Array, row: Array) -> None:
    """Copy a row; as a slice it would take a second more to compile."""
    for j in range(len(row)):
        to[j] = row[j]


@helper
def add_row(total: Array, row: Array) -> None:
    """Add a row to another."""
    for j in range(len(row)):
        total[j] += row[j]


def elman(squash: Any, slope: Any) -> Recurrence:
    """Give the recurrence h_t = squash(a_t), a_t = x_t + W h_{t-1}.

    Backward, with the slope of squash at a_t as a function of h_t:
        da_t = dh_t * slope(h_t)
        dh_{t-1} += W' da_t;  dx_t = da_t;  dW = sum over t of da_t h_{t-1}'
    """

    @compiled
    def forward(
        x: Array, tokens: Array, U: Array, b: Array, h: Array, c: Array, gates: Array
    ) -> None:
        T, B = tokens.shape
        for t in range(T):
            for i in range(B):
                copy_row(h[t + 1, i], x[tokens[t, i]])
            add_product(h[t + 1], h[t], U)
            for i in range(B):
                now = h[t + 1, i]
                for j in range(len(now)):
                    now[j] = squash(now[j])

    @compiled
    def backward(
        up: Array, tokens: Array, W: Array, h: Array, c: Array, gates: Array,
        dx: Array, dW: Array, db: Array, dh: Array, dc: Array,
    ) -> None:  # fmt: skip
        T, B = tokens.shape
        da = np.empty_like(dh)
        for t in range(T - 1, -1, -1):
            for i in range(B):
                now, above, left, d = h[t + 1, i], up[t, i], dh[i], da[i]
                for j in range(len(d)):
                    d[j] = (left[j] + above[j]) * slope(now[j])
                    left[j] = ZERO
                add_row(dx[tokens[t, i]], d)
            add_product(dh, da, W)
            add_product(dW, da.T, h[t])

    return Recurrence(forward, backward)


RELU = elman(
    helper(lambda a: max(a, a * ZERO)), helper(lambda h: h / h if h > ZERO else h)
)
TANH = elman(tanh, helper(lambda h: ONE - h * h))


@compiled
def gru_forward(
    x: Array, tokens: Array, U: Array, b: Array, h: Array, c: Array, gates: Array
) -> None:
    """Walk the GRU along time; gates hold r, z, q, n.

    r_t = sigmoid(x_r + W_r h_{t-1} + b_r)
    z_t = sigmoid(x_z + W_z h_{t-1} + b_z)
    q_t = W_q h_{t-1} + b_q
    n_t = tanh(x_n + r_t * q_t)
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}
    """
    T, B = tokens.shape
    H = h.shape[2]
    for t in range(T):
        for i in range(B):
            rz, q = gates[t, i, : 2 * H], gates[t, i, 2 * H : 3 * H]
            row = x[tokens[t, i]]
            for j in range(2 * H):
                rz[j] = row[j] + b[j]
            copy_row(q, b[2 * H :])
        add_product(gates[t, :, : 3 * H], h[t], U)
        for i in range(B):
            r, z = gates[t, i, :H], gates[t, i, H : 2 * H]
            q, n = gates[t, i, 2 * H : 3 * H], gates[t, i, 3 * H :]
            x_n, before, now = x[tokens[t, i], 2 * H :], h[t, i], h[t + 1, i]
            for j in range(H):
                r[j], z[j] = sigmoid(r[j]), sigmoid(z[j])
                n[j] = tanh(fma(r[j], q[j], x_n[j]))
                now[j] = fma(z[j], before[j] - n[j], n[j])


@compiled
def gru_backward(
    up: Array, tokens: Array, W: Array, h: Array, c: Array, gates: Array,
    dx: Array, dW: Array, db: Array, dh: Array, dc: Array,
) -> None:  # fmt: skip
    """Walk the GRU back; d of a gate is of what its sigmoid or tanh is given.

    dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
    dq_t = dn_t * r_t
    dr_t = dn_t * q_t * r_t * (1 - r_t)
    dz_t = dh_t * (h_{t-1} - n_t) * z_t * (1 - z_t)
    dh_{t-1} += z_t * dh_t + W' (dr_t, dz_t, dq_t)
    """
    T, B = tokens.shape
    H = h.shape[2]
    d_gates = np.empty((B, 3 * H), dh.dtype)  # r, z, q
    for t in range(T - 1, -1, -1):
        for i in range(B):
            r, z = gates[t, i, :H], gates[t, i, H : 2 * H]
            q, n = gates[t, i, 2 * H : 3 * H], gates[t, i, 3 * H :]
            dr, dz, dq = d_gates[i, :H], d_gates[i, H : 2 * H], d_gates[i, 2 * H :]
            before, above, left, row = h[t, i], up[t, i], dh[i], dx[tokens[t, i]]
            dx_n = row[2 * H :]
            for j in range(H):
                d = left[j] + above[j]
                dn = d * (ONE - z[j]) * (ONE - n[j] * n[j])
                dq[j] = dn * r[j]
                dr[j] = dn * q[j] * r[j] * (ONE - r[j])
                dz[j] = d * (before[j] - n[j]) * z[j] * (ONE - z[j])
                left[j] = z[j] * d
                dx_n[j] += dn
            add_row(row[: 2 * H], d_gates[i, : 2 * H])
            add_row(db, dq)
        add_product(dh, d_gates, W)
        add_product(dW, d_gates.T, h[t])


@compiled
def lstm_forward(
    x: Array, tokens: Array, U: Array, b: Array, h: Array, c: Array, gates: Array
) -> None:
    """Walk the LSTM along time; gates hold i, f, g, o.

    i_t, f_t, o_t = sigmoid(x + W h_{t-1}),  g_t = tanh(x_g + W_g h_{t-1})
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)
    """
    T, B = tokens.shape
    H = h.shape[2]
    for t in range(T):
        for i in range(B):
            copy_row(gates[t, i], x[tokens[t, i]])
        add_product(gates[t], h[t], U)
        for i in range(B):
            enter, keep = gates[t, i, :H], gates[t, i, H : 2 * H]
            new, out = gates[t, i, 2 * H : 3 * H], gates[t, i, 3 * H :]
            before, cell, now = c[t, i], c[t + 1, i], h[t + 1, i]
            for j in range(H):
                enter[j], keep[j] = sigmoid(enter[j]), sigmoid(keep[j])
                new[j], out[j] = tanh(new[j]), sigmoid(out[j])
                cell[j] = fma(keep[j], before[j], enter[j] * new[j])
                now[j] = out[j] * tanh(cell[j])


@compiled
def lstm_backward(
    up: Array, tokens: Array, W: Array, h: Array, c: Array, gates: Array,
    dx: Array, dW: Array, db: Array, dh: Array, dc: Array,
) -> None:  # fmt: skip
    """Walk the LSTM back, with m_t = tanh(c_t).

    dc_t += dh_t * o_t * (1 - m_t^2)
    di_t = dc_t * g_t * i_t * (1 - i_t)
    df_t = dc_t * c_{t-1} * f_t * (1 - f_t)
    dg_t = dc_t * i_t * (1 - g_t^2)
    do_t = dh_t * m_t * o_t * (1 - o_t)
    dc_{t-1} = f_t * dc_t;  dh_{t-1} += W' (di_t, df_t, dg_t, do_t)
    """
    T, B = tokens.shape
    H = h.shape[2]
    d_gates = np.empty((B, 4 * H), dh.dtype)
    for t in range(T - 1, -1, -1):
        for i in range(B):
            enter, keep = gates[t, i, :H], gates[t, i, H : 2 * H]
            new, out = gates[t, i, 2 * H : 3 * H], gates[t, i, 3 * H :]
            d_enter, d_keep = d_gates[i, :H], d_gates[i, H : 2 * H]
            d_new, d_out = d_gates[i, 2 * H : 3 * H], d_gates[i, 3 * H :]
            before, cell, above, left = c[t, i], c[t + 1, i], up[t, i], dh[i]
            d_cell = dc[i]
            for j in range(H):
                d, m = left[j] + above[j], tanh(cell[j])
                d_out[j] = d * m * out[j] * (ONE - out[j])
                d_cell[j] += d * out[j] * (ONE - m * m)
                left[j] = ZERO
            for j in range(H):  # a loop over all at once has too much to tell apart
                d = d_cell[j]
                d_enter[j] = d * new[j] * enter[j] * (ONE - enter[j])
                d_keep[j] = d * before[j] * keep[j] * (ONE - keep[j])
                d_new[j] = d * enter[j] * (ONE - new[j] * new[j])
                d_cell[j] = d * keep[j]
            add_row(dx[tokens[t, i]], d_gates[i])
        add_product(dh, d_gates, W)
        add_product(dW, d_gates.T, h[t])


GRU = Recurrence(gru_forward, gru_backward, gates=3, stored=4)
LSTM = Recurrence(lstm_forward, lstm_backward, gates=4, stored=4, cells=1)
