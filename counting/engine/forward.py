"""The forward pass, from tokens to probabilities, for training and for reading.

    table of input sides -> states (recurrence.py) -> projected states (linear_head.py)
    -> probabilities (linear_head.py, or copy_head.py)

Sizes: T tokens, B windows, H hidden, V vocabulary, C columns of `out`, K positions that
a carried state holds for the copy head.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from counting.base.types import NO_TARGET, Array, Inside, Reading
from counting.engine import compiler, copy_head, linear_head
from counting.engine.linear_head import Fused, Layout
from counting.engine.matmul import affine
from counting.engine.recurrence import States
from counting.engine.weights import Weights, head

EPS = 1e-5  # of batch norm, as in PyTorch


class Carried(NamedTuple):
    """What a network carries from one token to the next."""

    h: Array  # (B, H)
    c: Array  # (B, H) of an LSTM; else (1, 1), unused
    keys: Array  # (K, B, H) of a copy head; else K is 0
    tokens: Array  # (K, B), those that can be copied


class Forward:
    """The parts of a forward pass over T tokens of B windows, and their buffers.

    Args:
        weights: of the network; changes of them are seen by the next pass.
        T: tokens of a window.
        B: windows.

    Raises:
        InputError: Numba's compilation is switched off.
    """

    def __init__(self, weights: Weights, T: int, B: int) -> None:
        compiler.check()
        (V, H), P = weights.embedding.shape, len(weights.tensors["h_o.bias"])
        _, _, G, saved, has_cell = weights.kind
        self.weights, self.shape = weights, (T, B)
        self.layout = Layout.of(V, P)
        self.table = self.new(V, G * H)
        self.states = States(
            self.new(T + 1, B, H),
            self.new(*((T + 1, B, H) if has_cell else (1, 1, 1))),
            self.new(T, B, saved * H),
        )
        self.out = self.new(T * B, self.layout.columns)
        self.fused = Fused(
            self.new(self.layout.columns, H), self.new(self.layout.columns)
        )
        if weights.reach:
            L, width = self.layout.logits, linear_head.round_up(T, 8)
            self.mixed = copy_head.Mixed(
                self.new(V, L), self.new(B, T, width), self.new(T, B, L)
            )

    def new(self, *shape: int) -> Array:
        """Make an array of zeros."""
        return np.zeros(shape, self.weights.embedding.dtype)

    @property
    def number(self) -> Any:
        """The type of all numbers: float32, or float64 in tests."""
        return self.weights.embedding.dtype.type

    def start(self) -> Carried:
        """Give the state before the first token."""
        (B, H), c = self.states.h.shape[1:], self.states.c.shape[1:]
        keys, tokens = self.new(0, B, H), np.zeros((0, B), np.int64)
        return Carried(self.new(B, H), self.new(*c), keys, tokens)

    def run_recurrence(self, tokens: Array, state: Carried) -> None:
        """Fill the states, from tokens (T, B) and the state before them."""
        W, b = self.weights.input_side()
        affine(self.table, self.weights.embedding, W, b)
        self.states.h[0], self.states.c[0] = state.h, state.c
        along = self.weights.along_time()
        self.weights.kind.forward(self.table, tokens, along, self.states)

    def flat_states(self) -> Array:
        """View the hidden states after each token as (T * B, H)."""
        return self.states.h[1:].reshape(-1, self.states.h.shape[2])

    def project_states(self, y: Array, mean: Array, rs: Array) -> None:
        """Fill `out` from states y (T * B, H).

        `mean` (H,) is yet to be subtracted from them; `rs` (H,) is 1 / sqrt(var + EPS).
        """
        linear_head.fuse_batch_norm(
            head(self.weights.tensors), mean, rs, self.layout, self.fused
        )
        affine(self.out, y, self.fused.W, self.fused.b)

    def score(
        self, tokens: Array, targets: Array, state: Carried, no_copy: Array | None
    ) -> Reading:
        """Turn the logits in `out` into probabilities, in place, and score the targets.

        Args:
            tokens: (T, B), those that can be copied.
            targets: (T, B), NO_TARGET where none is scored.
            state: before the first token.
            no_copy: (T, B) bool, positions that may not copy; None for none.
        """
        predicted = np.empty(targets.shape, np.int64)
        reading = Reading(predicted, np.empty(targets.shape, self.out.dtype))
        if not self.weights.reach:
            flat = (targets.reshape(-1), predicted.reshape(-1), reading.losses.ravel())
            linear_head.softmax_cross_entropy(self.out, self.layout.logits, *flat)
            return reading
        self.mix(tokens, targets, state, no_copy, reading)
        return reading

    def mix(
        self,
        tokens: Array,
        targets: Array,
        state: Carried,
        no_copy: Array | None,
        reading: Reading,
    ) -> None:
        """Fill the reading by the copy head; keeps what the way back needs."""
        if no_copy is None:
            no_copy = np.zeros(tokens.shape, np.bool_)
        seen = np.concatenate([state.tokens, tokens])
        (T, B), width = self.shape, linear_head.round_up(len(seen), 8)
        if self.mixed.attention.shape[2] != width:
            self.mixed = self.mixed._replace(attention=self.new(B, T, width))
        self.context = copy_head.Context(seen, state.keys, targets, no_copy)
        S, constants = self.weights.tensors["copying.S"], self.constants
        copy_head.substitution_softmax(S, constants.sharpness, self.mixed.substitution)
        copy_head.copy_head_forward(
            self.rows(self.out), self.context, constants, self.mixed, reading
        )

    def rows(self, out: Array) -> Array:
        """View rows (T * B, C) as (T, B, C)."""
        return out.reshape(*self.shape, -1)

    @property
    def constants(self) -> copy_head.Constants:
        """The numbers that the copy head computes with."""
        H, weights = self.states.h.shape[2], self.weights
        floats = map(self.number, (weights.sharpness, H**-0.5, copy_head.FLOOR))
        return copy_head.Constants(H, weights.reach, *floats)

    def state_after(self) -> Carried:
        """Copy the state after the last token."""
        h, c, reach = self.states.h[-1], self.states.c[-1], self.weights.reach
        state = self.start()._replace(h=h.copy(), c=c.copy())
        if not reach:
            return state
        (seen, keys, _, _), L, H = self.context, self.layout.logits, h.shape[1]
        keys = np.concatenate([keys, self.rows(self.out)[:, :, L + H : L + 2 * H]])
        return state._replace(keys=keys[-reach:].copy(), tokens=seen[-reach:].copy())

    def inside(self) -> Inside:
        """Copy how the last pass came to its reading."""
        V, out, states = self.layout.V, self.rows(self.out), self.states.h[1:].copy()
        if not self.weights.reach:
            return Inside(out[..., :V].copy(), states, None, None)
        first = self.layout.logits + 2 * states.shape[2]
        gates, p = out[..., first : first + 3].copy(), self.mixed.p[..., :V].copy()
        return Inside(p, states, gates, self.attention())

    def attention(self) -> Array:
        """Copy the attention of the last pass, (T, B, K + T)."""
        seen = len(self.context.tokens)
        looks = self.mixed.attention[..., :seen].transpose(1, 0, 2).copy()
        T, reach = len(looks), self.weights.reach
        now, j = np.arange(seen - T, seen)[:, None], np.arange(seen)
        far = (j >= now) | (j < now - reach)  # scores that were left out of the softmax
        looks[np.broadcast_to(far[:, None], looks.shape)] = 0
        return looks


class Inference:
    """A trained network that reads tokens: windows at once, or one token at a time."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.forward: Forward | None = None

    def __call__(
        self, tokens: Array, targets: Array | None = None, state: Carried | None = None
    ) -> tuple[Reading, Carried]:
        """Read tokens.

        Args:
            tokens: (T, B), int64.
            targets: (T, B), int64, the next tokens; NO_TARGET where one is not scored,
                and the loss is 0; None to score nothing.
            state: the one that an earlier call returned; None to begin.

        Returns:
            The predictions and losses, (T, B), and the state after the last token.
        """
        T, B = tokens.shape
        if self.forward is None or self.forward.shape != (T, B):
            self.forward = Forward(self.weights, T, B)
        forward, tensors = self.forward, self.weights.tensors
        state = state or forward.start()
        tokens = np.ascontiguousarray(tokens)
        targets = np.full_like(tokens, NO_TARGET) if targets is None else targets
        forward.run_recurrence(tokens, state)
        rs = 1 / np.sqrt(tensors["bn.running_var"] + forward.number(EPS))
        mean = tensors["bn.running_mean"]
        forward.project_states(forward.flat_states(), mean, rs)
        reading = forward.score(tokens, np.ascontiguousarray(targets), state, None)
        return reading, forward.state_after()

    def inspect(
        self, tokens: Array, targets: Array | None = None, state: Carried | None = None
    ) -> tuple[Reading, Inside, Carried]:
        """Read tokens as a call does, and also give how the network came to it."""
        reading, after = self(tokens, targets, state)
        assert self.forward is not None
        return reading, self.forward.inside(), after

    def states(self, tokens: Array) -> Array:
        """Give the hidden states (T, B, H) after each of the tokens (T, B)."""
        return self.inspect(tokens)[1].states
