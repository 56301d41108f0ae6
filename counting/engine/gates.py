"""GRU and LSTM along time, and back; recurrence.py says what their arrays are.

Sizes: T tokens, B windows, H hidden, V vocabulary.
"""

from __future__ import annotations

from counting.base.types import Array
from counting.engine.compiler import jit
from counting.engine.math import ONE, ZERO, fma, sigmoid, tanh
from counting.engine.matmul import matmul_add_panels, panels
from counting.engine.recurrence import (
    AlongTime,
    Gradients,
    Recurrence,
    States,
    add_row,
    copy_row,
)


@jit
def gru_forward(
    table: Array, tokens: Array, weights: AlongTime, states: States
) -> None:
    """Run the GRU along time; gates hold r, z, q, n.

    r_t = sigmoid(x_r + W_r h_{t-1} + b_r)
    z_t = sigmoid(x_z + W_z h_{t-1} + b_z)
    q_t = W_q h_{t-1} + b_q
    n_t = tanh(x_n + r_t * q_t)
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}
    """
    (T, B), (h, _, gates) = tokens.shape, states
    H, W, b_hh = h.shape[2], panels(weights.W_hh.T), weights.b_hh
    for t in range(T):
        for b in range(B):
            rz, q = gates[t, b, : 2 * H], gates[t, b, 2 * H : 3 * H]
            row = table[tokens[t, b]]
            for j in range(2 * H):
                rz[j] = row[j] + b_hh[j]
            copy_row(q, b_hh[2 * H :])
        matmul_add_panels(gates[t, :, : 3 * H], h[t], W)
        for b in range(B):
            r, z = gates[t, b, :H], gates[t, b, H : 2 * H]
            q, n = gates[t, b, 2 * H : 3 * H], gates[t, b, 3 * H :]
            x_n, before, now = table[tokens[t, b], 2 * H :], h[t, b], h[t + 1, b]
            for j in range(H):
                r[j], z[j] = sigmoid(r[j]), sigmoid(z[j])
                n[j] = tanh(fma(r[j], q[j], x_n[j]))
                now[j] = fma(z[j], before[j] - n[j], n[j])


@jit
def gru_backward(
    d_states: Array,
    tokens: Array,
    weights: AlongTime,
    states: States,
    gradients: Gradients,
) -> None:
    """Run the GRU backward; d of a gate is the gradient of its pre-activation.

    dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
    dq_t = dn_t * r_t
    dr_t = dn_t * q_t * r_t * (1 - r_t)
    dz_t = dh_t * (h_{t-1} - n_t) * z_t * (1 - z_t)
    dh_{t-1} += z_t * dh_t + W' (dr_t, dz_t, dq_t)
    """
    (T, B), (h, _, gates) = tokens.shape, states
    (d_table, d_b_n, dh, _), H = gradients, h.shape[2]
    W = panels(weights.W_hh)
    for t in range(T - 1, -1, -1):
        for b in range(B):
            r, z = gates[t, b, :H], gates[t, b, H : 2 * H]
            q, n = gates[t, b, 2 * H : 3 * H], gates[t, b, 3 * H :]
            before, from_head, from_next = h[t, b], d_states[t, b], dh[b]
            row = d_table[tokens[t, b]]
            dx_n = row[2 * H :]
            for j in range(H):
                d = from_next[j] + from_head[j]
                dn = d * (ONE - z[j]) * (ONE - n[j] * n[j])
                dq = dn * r[j]
                dr = dn * q[j] * r[j] * (ONE - r[j])
                dz = d * (before[j] - n[j]) * z[j] * (ONE - z[j])
                from_next[j] = z[j] * d
                dx_n[j] += dn
                r[j], z[j], q[j] = dr, dz, dq
            add_row(row[: 2 * H], gates[t, b, : 2 * H])
            add_row(d_b_n, q)
        matmul_add_panels(dh, gates[t, :, : 3 * H], W)


@jit
def lstm_forward(
    table: Array, tokens: Array, weights: AlongTime, states: States
) -> None:
    """Run the LSTM along time; gates hold i, f, g, o.

    i_t, f_t, o_t = sigmoid(x + W h_{t-1}),  g_t = tanh(x_g + W_g h_{t-1})
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)
    """
    (T, B), (h, c, gates) = tokens.shape, states
    H, W = h.shape[2], panels(weights.W_hh.T)
    for t in range(T):
        for b in range(B):
            copy_row(gates[t, b], table[tokens[t, b]])
        matmul_add_panels(gates[t], h[t], W)
        for b in range(B):
            i, f = gates[t, b, :H], gates[t, b, H : 2 * H]
            g, o = gates[t, b, 2 * H : 3 * H], gates[t, b, 3 * H :]
            before, cell, now = c[t, b], c[t + 1, b], h[t + 1, b]
            for j in range(H):
                i[j], f[j] = sigmoid(i[j]), sigmoid(f[j])
                g[j], o[j] = tanh(g[j]), sigmoid(o[j])
                cell[j] = fma(f[j], before[j], i[j] * g[j])
                now[j] = o[j] * tanh(cell[j])


@jit
def lstm_backward(
    d_states: Array,
    tokens: Array,
    weights: AlongTime,
    states: States,
    gradients: Gradients,
) -> None:
    """Run the LSTM backward, with m_t = tanh(c_t); d of a gate as in the GRU.

    dc_t += dh_t * o_t * (1 - m_t^2)
    di_t = dc_t * g_t * i_t * (1 - i_t)
    df_t = dc_t * c_{t-1} * f_t * (1 - f_t)
    dg_t = dc_t * i_t * (1 - g_t^2)
    do_t = dh_t * m_t * o_t * (1 - o_t)
    dc_{t-1} = f_t * dc_t;  dh_{t-1} += W' (di_t, df_t, dg_t, do_t)
    """
    (T, B), (h, c, gates) = tokens.shape, states
    (d_table, _, dh, dc), H = gradients, h.shape[2]
    W = panels(weights.W_hh)
    for t in range(T - 1, -1, -1):
        for b in range(B):
            i, f = gates[t, b, :H], gates[t, b, H : 2 * H]
            g, o = gates[t, b, 2 * H : 3 * H], gates[t, b, 3 * H :]
            before, cell, d_cell = c[t, b], c[t + 1, b], dc[b]
            from_head, from_next = d_states[t, b], dh[b]
            for j in range(H):
                d, m = from_next[j] + from_head[j], tanh(cell[j])
                d_o = d * m * o[j] * (ONE - o[j])
                d_cell[j] += d * o[j] * (ONE - m * m)
                from_next[j], o[j] = ZERO, d_o
            for j in range(H):  # with more arrays in one loop LLVM makes no vectors
                d = d_cell[j]
                d_i = d * g[j] * i[j] * (ONE - i[j])
                d_f = d * before[j] * f[j] * (ONE - f[j])
                d_g = d * i[j] * (ONE - g[j] * g[j])
                d_cell[j] = d * f[j]
                i[j], f[j], g[j] = d_i, d_f, d_g
            add_row(d_table[tokens[t, b]], gates[t, b])
        matmul_add_panels(dh, gates[t], W)


GRU = Recurrence(gru_forward, gru_backward, gate_count=3, saved_gates=4)
LSTM = Recurrence(
    lstm_forward, lstm_backward, gate_count=4, saved_gates=4, has_cell=True
)
