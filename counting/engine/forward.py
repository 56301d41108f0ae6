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

from counting.base.types import NO_TARGET, Array
from counting.engine import copy_head, linear_head, weights
from counting.engine.linear_head import Fused, Layout
from counting.engine.matmul import affine
from counting.engine.recurrence import States
from counting.engine.weights import Network

EPS = 1e-5  # of batch norm, as in PyTorch


class State(NamedTuple):
    """What a network carries from the last token to the next."""

    h: Array  # (B, H)
    c: Array  # (B, H) of an LSTM; of the others (1, 1), unused
    keys: Array  # (K, B, H), for the copy head
    tokens: Array  # (K, B)


class Reading(NamedTuple):
    """What a network makes of tokens; its own arrays, which nothing overwrites."""

    predicted: Array  # (T, B) int64, the likeliest tokens
    losses: Array  # (T, B), -log p of the targets, in nats; 0 where there is none


class Shape(NamedTuple):
    """What is read at once."""

    T: int  # tokens of a window
    B: int  # windows


class Masks(NamedTuple):
    """What a training shuts out, and what own words cost in it."""

    no_copy: Array | None = None  # (T, B) bool
    no_own: Array | None = None  # (T, B) bool
    price: float = 0.0


class CopyBuffers(NamedTuple):
    """What a copy head fills at each call."""

    substitution: Array  # (V, L)
    attention: Array  # (B, T, K + T or more)
    rule: Array  # (T, B, 2)
    p: Array  # (T, B, L)


class Forward:
    """A network over T tokens of B windows: the buffers, and the way forward.

    Args:
        network: read anew at each call.
        T: tokens of a window.
        B: windows.
    """

    def __init__(self, network: Network, T: int, B: int) -> None:
        (V, H), P = network.table.shape, len(network.tensors["h_o.bias"])
        _, _, G, saved, has_cell = network.recurrence
        self.network, self.shape = network, Shape(T, B)
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
        if network.reach:
            L = self.layout.logits
            self.buffers = CopyBuffers(
                self.new(V, L),
                self.new(B, T, linear_head.round_up(T, 8)),
                self.new(T, B, 2),
                self.new(T, B, L),
            )

    def new(self, *shape: int) -> Array:
        """Make an array of zeros."""
        return np.zeros(shape, self.network.table.dtype)

    @property
    def number(self) -> Any:
        """The type of a number here, float32 but in tests."""
        return self.network.table.dtype.type

    def start(self) -> State:
        """Give the state before the first token."""
        (B, H), c = self.states.h.shape[1:], self.states.c.shape[1:]
        keys, tokens = self.new(0, B, H), np.zeros((0, B), np.int64)
        return State(self.new(B, H), self.new(*c), keys, tokens)

    def run_recurrence(self, tokens: Array, state: State) -> None:
        """Fill the states, from tokens (T, B)."""
        W, b = weights.input_side(self.network)
        affine(self.table, self.network.table, W, b)
        self.states.h[0], self.states.c[0] = state.h, state.c
        along = weights.along_time(self.network)
        self.network.recurrence.forward(self.table, tokens, along, self.states)

    def flat_states(self) -> Array:
        """View the states after each token as (T * B, H)."""
        return self.states.h[1:].reshape(-1, self.states.h.shape[2])

    def project_states(self, y: Array, mean: Array, rs: Array) -> None:
        """Fill `out` from y, the states less what `mean` will not take off."""
        head = weights.head(self.network.tensors)
        linear_head.fuse_batch_norm(head, mean, rs, self.layout, self.fused)
        affine(self.out, y, self.fused.W, self.fused.b)

    def say(self, tokens: Array, targets: Array, state: State, masks: Masks) -> Reading:
        """Turn what `out` holds into probabilities, in place, and judge them.

        Args:
            tokens: (T, B), as a copy head sees them.
            targets: (T, B).
            state: before the first token.
            masks: of a training.
        """
        predicted = np.empty(targets.shape, np.int64)
        reading = Reading(predicted, np.empty(targets.shape, self.out.dtype))
        if not self.network.reach:
            flat = (targets.reshape(-1), predicted.reshape(-1), reading.losses.ravel())
            linear_head.softmax_cross_entropy(self.out, self.layout.logits, *flat)
            return reading
        self.copy(tokens, targets, state, masks, reading)
        return reading

    def copy(
        self,
        tokens: Array,
        targets: Array,
        state: State,
        masks: Masks,
        reading: Reading,
    ) -> None:
        """Say it with the copy head; keeps what the way back needs."""
        S, K = self.network.tensors["copying.S"], len(state.keys)
        none = np.zeros(tokens.shape, np.bool_)
        shut = (none if mask is None else mask for mask in masks[:2])
        seen = np.concatenate([state.tokens, tokens])
        (T, B), width = self.shape, linear_head.round_up(K + len(tokens), 8)
        if self.buffers.attention.shape[2] != width:
            self.buffers = self.buffers._replace(attention=self.new(B, T, width))
        substitution, attention, rule, p = self.buffers
        self.windows = copy_head.Windows(seen, state.keys, targets, *shut)
        self.sizes = self.sizes_of(masks.price)
        sharpness = self.number(self.network.sharpness)
        copy_head.substitution_softmax(S, sharpness, substitution)
        self.mixed = copy_head.Mixed(attention, rule, p, *reading)
        copy_head.copy_head_forward(
            self.rows(self.out), self.windows, substitution, self.sizes, self.mixed
        )

    def rows(self, out: Array) -> Array:
        """View rows (N, .) as (T, B, .)."""
        return out.reshape(*self.shape, -1)

    def sizes_of(self, price: float) -> copy_head.Sizes:
        """Give what the copy head needs to know, with a price of own words."""
        H = self.states.h.shape[2]
        numbers = (H**-0.5, copy_head.FLOOR, copy_head.SUFFICES, price)
        return copy_head.Sizes(H, self.network.reach, *map(self.number, numbers))

    def state_after(self, tokens: Array, state: State) -> State:
        """Give the state after the last token of (T, B), in arrays of its own."""
        h, c, reach = self.states.h[-1], self.states.c[-1], self.network.reach
        if not reach:
            return State(h.copy(), c.copy(), state.keys, state.tokens)
        L, H = self.layout.logits, h.shape[1]
        keys = np.concatenate(
            [state.keys, self.rows(self.out)[:, :, L + H : L + 2 * H]]
        )
        seen = np.concatenate([state.tokens, tokens])
        return State(h.copy(), c.copy(), keys[-reach:].copy(), seen[-reach:].copy())


class Inference:
    """A trained network that reads tokens, windows or one after the other."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.forward: Forward | None = None

    def __call__(
        self, tokens: Array, targets: Array | None = None, state: State | None = None
    ) -> tuple[Reading, State]:
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
            self.forward = Forward(self.network, T, B)
        forward, tensors = self.forward, self.network.tensors
        state = state or forward.start()
        tokens = np.ascontiguousarray(tokens)
        targets = np.full_like(tokens, NO_TARGET) if targets is None else targets
        forward.run_recurrence(tokens, state)
        rs = 1 / np.sqrt(tensors["bn.running_var"] + forward.number(EPS))
        mean = tensors["bn.running_mean"]
        forward.project_states(forward.flat_states(), mean, rs)
        reading = forward.say(tokens, np.ascontiguousarray(targets), state, Masks())
        return reading, forward.state_after(tokens, state)

    @property
    def probabilities(self) -> Array:
        """Those of the last call, (T, B, V), in an array of their own."""
        assert self.forward is not None
        forward, V = self.forward, self.forward.layout.V
        p = forward.mixed.p if self.network.reach else forward.rows(forward.out)
        return p[..., :V].copy()

    @property
    def mixture(self) -> Array:
        """Of the last call, how much a copy head says by itself, copies, substitutes.

        (T, B, 3), each three adding up to 1.
        """
        assert self.forward is not None
        start = self.forward.layout.logits + 2 * self.forward.sizes.H
        return self.forward.rows(self.forward.out)[..., start : start + 3].copy()

    @property
    def attention(self) -> Array:
        """Of the last call, where a copy head looks, (T, B, K + T).

        The weight of position j is for the token that came after it; there are K
        positions before the first token of the call.
        """
        assert self.forward is not None
        seen = len(self.forward.windows.tokens)
        weights = self.forward.mixed.attention[..., :seen].transpose(1, 0, 2).copy()
        T, reach = len(weights), self.network.reach
        now, j = np.arange(seen - T, seen)[:, None], np.arange(seen)
        far = (j >= now) | (j < now - reach)  # scores that no softmax has seen
        weights[np.broadcast_to(far[:, None], weights.shape)] = 0
        return weights
