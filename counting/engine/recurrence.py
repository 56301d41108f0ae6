"""Loop, RNN, GRU and LSTM along time, and back (bptt), by hand.

Each is two compiled functions. `forward` computes the states from the first token to
the last. `backward` goes from the last to the first. At each token it adds up the two
gradients of h_t, from the head and from the token after, and turns them into those of
the pre-activations: the values that relu, sigmoid or tanh is applied to. These
overwrite the gates; the caller multiplies them by the states to get the gradient of W.
docs/bptt.md derives the formulas.

x_t, the input side of a token, depends on the token alone. So it is looked up in a
table with a row for each token of the vocabulary.

Sizes: T tokens, B windows, H hidden, G gates, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from counting.base.types import Array
from counting.engine.compiler import inlined, jit
from counting.engine.math import ONE, ZERO, fma, sigmoid, tanh
from counting.engine.matmul import matmul_add_panels, panels


class AlongTime(NamedTuple):
    """The weights from a state to the next."""

    W_hh: Array  # (G * H, H)
    b_hh: Array  # (3 * H,) of a GRU; else (0,), as it is part of the table


class States(NamedTuple):
    """What `forward` fills, and `backward` reads."""

    h: Array  # (T + 1, B, H), with the state before the first token, which is given
    c: Array  # the same of an LSTM; else (1, 1, 1), unused
    gates: Array  # (T, B, saved_gates * H); gradients, later, in the first G * H


class Gradients(NamedTuple):
    """What `backward` adds to."""

    table: Array  # (V, G * H)
    b_n: Array  # (H,), of the last third of a GRU's b_hh; the rest is that of b_ih
    h: Array  # (B, H), what later tokens add to the gradient of h_t; at last, of h_0
    c: Array  # (B, H), the same of an LSTM's c_t


class Recurrence(NamedTuple):
    """One kind of recurrence: its two functions, and the sizes of their arrays."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    gate_count: int = 1  # G
    saved_gates: int = 1  # in States.gates
    has_cell: bool = False  # whether there is a c beside h


@inlined
def copy_row(to: Array, row: Array) -> None:
    """Copy a row; assigning a slice would take a second longer to compile."""
    for j in range(len(row)):
        to[j] = row[j]


@inlined
def add_row(total: Array, row: Array) -> None:
    """Add a row to another."""
    for j in range(len(row)):
        total[j] += row[j]


def elman(name: str, squash: Any, slope: Any) -> Recurrence:
    """Make the recurrence h_t = squash(a_t), a_t = x_t + W h_{t-1}.

    Backward, with the slope of squash at a_t given as a function of h_t:
        da_t = dh_t * slope(h_t)
        dh_{t-1} += W' da_t;  dx_t = da_t;  dW = sum over t of da_t h_{t-1}'
    """

    def forward(
        table: Array, tokens: Array, weights: AlongTime, states: States
    ) -> None:
        (T, B), h, W = tokens.shape, states.h, panels(weights.W_hh.T)
        for t in range(T):
            for b in range(B):
                copy_row(h[t + 1, b], table[tokens[t, b]])
            matmul_add_panels(h[t + 1], h[t], W)
            for b in range(B):
                now = h[t + 1, b]
                for j in range(len(now)):
                    now[j] = squash(now[j])

    def backward(
        d_states: Array,
        tokens: Array,
        weights: AlongTime,
        states: States,
        gradients: Gradients,
    ) -> None:
        (T, B), (h, _, da), dh = tokens.shape, states, gradients.h
        W = panels(weights.W_hh)
        for t in range(T - 1, -1, -1):
            for b in range(B):
                now, from_head, from_next = h[t + 1, b], d_states[t, b], dh[b]
                d = da[t, b]
                for j in range(len(d)):
                    d[j] = (from_next[j] + from_head[j]) * slope(now[j])
                    from_next[j] = ZERO
                add_row(gradients.table[tokens[t, b]], d)
            matmul_add_panels(dh, da[t], W)

    for function in (forward, backward):  # their machine code is kept by their names
        function.__qualname__ = f"{name}.{function.__name__}"
    return Recurrence(jit(forward), jit(backward))


RELU = elman(
    "relu",
    inlined(lambda a: max(a, a * ZERO)),
    inlined(lambda h: h / h if h > ZERO else h),
)
TANH = elman("tanh", tanh, inlined(lambda h: ONE - h * h))


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
