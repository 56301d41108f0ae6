"""Loop and RNN along time, and back (bptt), by hand; GRU and LSTM are in gates.py.

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
from counting.engine.math import ONE, ZERO, tanh
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
