"""The forward pass, from tokens to probabilities: the only one there is.

Training, scores, greedy decoding, samples and counting on all come through here:

    table of input sides -> states (recurrence.py) -> projected states (linear_head.py)
    -> probabilities (linear_head.py, or copy_head.py)

Sizes: T tokens, B windows, H hidden, V vocabulary, C columns, K positions that a state
has brought along for the copy head.
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
    """What a network carries from the last token to the next."""

    h: Array  # (B, H)
    c: Array  # (B, H) of an LSTM; of the others (1, 1), unused
    keys: Array  # (K, B, H), for the copy head
    tokens: Array  # (K, B)


class Shape(NamedTuple):
    """What is read at once."""

    T: int  # tokens of a window
    B: int  # windows


class CopyBuffers(NamedTuple):
    """What a copy head fills at each call."""

    substitution: Array  # (V, L)
    attention: Array  # (B, T, K + T or more)
    p: Array  # (T, B, L)


class Forward:
    """A network over T tokens of B windows: the buffers, and the way forward.

    Args:
        weights: read anew at each call.
        T: tokens of a window.
        B: windows.

    Raises:
        InputError: Numba is told to compile nothing.
    """

    def __init__(self, weights: Weights, T: int, B: int) -> None:
        compiler.check()
        (V, H), P = weights.embedding.shape, len(weights.tensors["h_o.bias"])
        _, _, G, saved, has_cell = weights.kind
        self.weights, self.shape = weights, Shape(T, B)
        self.layout = Layout.of(V, P)
        self.table = self.new(V, G * H)
        one = (1, 1, 1)  # of what a kind does not have
        self.states = States(
            self.new(T + 1, B, H),
            self.new(*((T + 1, B, H) if has_cell else one)),
            self.new(*((T, B, saved * H) if saved else one)),
        )
        self.out = self.new(T * B, self.layout.columns)
        self.fused = Fused(
            self.new(self.layout.columns, H), self.new(self.layout.columns)
        )
        if weights.reach:
            L = self.layout.logits
            self.buffers = CopyBuffers(
                self.new(V, L),
                self.new(B, T, linear_head.round_up(T, 8)),
                self.new(T, B, L),
            )

    def new(self, *shape: int) -> Array:
        """Make an array of zeros."""
        return np.zeros(shape, self.weights.embedding.dtype)

    @property
    def number(self) -> Any:
        """The type of a number here, float32 but in tests."""
        return self.weights.embedding.dtype.type

    def start(self) -> Carried:
        """Give the state before the first token."""
        (B, H), c = self.states.h.shape[1:], self.states.c.shape[1:]
        keys, tokens = self.new(0, B, H), np.zeros((0, B), np.int64)
        return Carried(self.new(B, H), self.new(*c), keys, tokens)

    def run_recurrence(self, tokens: Array, state: Carried) -> None:
        """Fill the states, from tokens (T, B)."""
        W, b = self.weights.input_side()
        affine(self.table, self.weights.embedding, W, b)
        self.states.h[0], self.states.c[0] = state.h, state.c
        along = self.weights.along_time()
        self.weights.kind.forward(self.table, tokens, along, self.states)

    def flat_states(self) -> Array:
        """View the states after each token as (T * B, H)."""
        return self.states.h[1:].reshape(-1, self.states.h.shape[2])

    def project_states(self, y: Array, mean: Array, rs: Array) -> None:
        """Fill `out` from y, the states less what `mean` will not take off."""
        linear_head.fuse_batch_norm(
            head(self.weights.tensors), mean, rs, self.layout, self.fused
        )
        affine(self.out, y, self.fused.W, self.fused.b)

    def score(
        self, tokens: Array, targets: Array, state: Carried, no_copy: Array | None
    ) -> Reading:
        """Turn what `out` holds into probabilities, in place, and judge them.

        Args:
            tokens: (T, B), as a copy head sees them.
            targets: (T, B).
            state: before the first token.
            no_copy: (T, B) bool, positions that may not copy.
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
        """Mix with the copy head; keeps what the way back needs."""
        S, K = self.weights.tensors["copying.S"], len(state.keys)
        if no_copy is None:
            no_copy = np.zeros(tokens.shape, np.bool_)
        seen = np.concatenate([state.tokens, tokens])
        (T, B), width = self.shape, linear_head.round_up(K + len(tokens), 8)
        if self.buffers.attention.shape[2] != width:
            self.buffers = self.buffers._replace(attention=self.new(B, T, width))
        substitution, attention, p = self.buffers
        self.context = copy_head.Context(seen, state.keys, targets, no_copy)
        sharpness = self.number(self.weights.sharpness)
        copy_head.substitution_softmax(S, sharpness, substitution)
        self.mixed = copy_head.Mixed(attention, p, *reading)
        copy_head.copy_head_forward(
            self.rows(self.out), self.context, substitution, self.sizes, self.mixed
        )

    def rows(self, out: Array) -> Array:
        """View rows (N, .) as (T, B, .)."""
        return out.reshape(*self.shape, -1)

    @property
    def sizes(self) -> copy_head.Sizes:
        """What the copy head needs to know."""
        H, number = self.states.h.shape[2], self.number
        scale, floor = number(H**-0.5), number(copy_head.FLOOR)
        return copy_head.Sizes(H, self.weights.reach, scale, floor)

    def state_after(self, tokens: Array, state: Carried) -> Carried:
        """Give the state after the last token of (T, B), in arrays of its own."""
        h, c, reach = self.states.h[-1], self.states.c[-1], self.weights.reach
        if not reach:
            return Carried(h.copy(), c.copy(), state.keys, state.tokens)
        L, H = self.layout.logits, h.shape[1]
        keys = np.concatenate(
            [state.keys, self.rows(self.out)[:, :, L + H : L + 2 * H]]
        )
        seen = np.concatenate([state.tokens, tokens])
        return Carried(h.copy(), c.copy(), keys[-reach:].copy(), seen[-reach:].copy())

    def inside(self) -> Inside:
        """Copy what the last pass came to."""
        V, out, states = self.layout.V, self.rows(self.out), self.states.h[1:].copy()
        if not self.weights.reach:
            return Inside(out[..., :V].copy(), states, None, None)
        first = self.layout.logits + 2 * self.sizes.H
        gates, p = out[..., first : first + 3].copy(), self.mixed.p[..., :V].copy()
        return Inside(p, states, gates, self.attention())

    def attention(self) -> Array:
        """Give where the copy head looked in the last pass, (T, B, K + T)."""
        seen = len(self.context.tokens)
        looks = self.mixed.attention[..., :seen].transpose(1, 0, 2).copy()
        T, reach = len(looks), self.weights.reach
        now, j = np.arange(seen - T, seen)[:, None], np.arange(seen)
        far = (j >= now) | (j < now - reach)  # scores that no softmax has seen
        looks[np.broadcast_to(far[:, None], looks.shape)] = 0
        return looks


class Inference:
    """A trained network that reads tokens, windows or one after the other."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.forward: Forward | None = None

    def __call__(
        self, tokens: Array, targets: Array | None = None, state: Carried | None = None
    ) -> tuple[Reading, Carried]:
        """Read tokens.

        Args:
            tokens: (T, B), int64.
            targets: (T, B), int64, the tokens that come next; NO_TARGET, or none at
                all, where they are not known, and the loss is 0.
            state: that an earlier call ended on; None for the beginning.

        Returns:
            What it says of each position, (T, B), and the state after the last token.
        """
        T, B = tokens.shape
        if self.forward is None or self.forward.shape[:2] != (T, B):
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
        return reading, forward.state_after(tokens, state)

    def inspect(
        self, tokens: Array, targets: Array | None = None, state: Carried | None = None
    ) -> tuple[Reading, Inside, Carried]:
        """Read tokens as a call does, and tell how the network came to it."""
        reading, after = self(tokens, targets, state)
        assert self.forward is not None
        return reading, self.forward.inside(), after

    def states(self, tokens: Array) -> Array:
        """Give the hidden states (T, B, H) after each of the tokens (T, B)."""
        return self.inspect(tokens)[1].states
