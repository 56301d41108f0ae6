"""A network by hand, from tokens to probabilities, as training and evaluation need it.

The way forward of `CountingModel`, in compiled functions, one after the other:

    table of input sides -> states (recurrence.py) -> projected states (readout.py)
    -> probabilities (readout.py, or pointing.py with a copy head)

Sizes: T tokens, B windows, H hidden, V vocabulary, P projected values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from counting.engine import copy_head as pointing
from counting.engine import linear_head as readout
from counting.engine.compiled import Array
from counting.engine.matmul import linear
from counting.networks import copy_head as copying

if TYPE_CHECKING:
    from counting.networks.network import CountingModel

CHUNK = 64  # windows read at once: what the processor keeps at hand


class Pass:
    """A network over T tokens of B windows: its buffers, and the way forward."""

    def __init__(self, network: CountingModel, T: int, B: int, skip: int = 0) -> None:
        self.network, self.layer = network, network.layer
        self.recurrence = self.layer.recurrence
        self.T, self.B, self.skip, self.H = T, B, skip, self.layer.hidden_size
        self.dtype = array(network.h_o.weight).dtype
        V, P = network.i_h.num_embeddings, network.h_o.out_features
        self.layout = readout.Layout.of(V, P)
        self.copies = network.copying is not None
        # with a copy head every position is projected: keys are among the first, too
        self.first = 0 if self.copies else skip
        stored, G = self.recurrence.stored, self.recurrence.gates
        self.h, self.x = self.new(T + 1, B, self.H), self.new(V + 1, G * self.H)
        self.c = self.new(*(self.h.shape if self.recurrence.cells else (1, 1, 1)))
        self.gates = self.new(*((T, B, stored * self.H) if stored else (1, 1, 1)))
        self.states = self.h[1 + self.first :].reshape(-1, self.H)
        self.out = self.new(len(self.states), self.layout.columns)
        self.W_c, self.shift = (
            self.new(self.layout.columns, self.H),
            self.new(self.layout.columns),
        )
        self.said = np.zeros((T - skip, B), np.int64)
        self.nats = self.new(T - skip, B)
        self.shut = np.zeros((T, B), np.bool_)  # where nothing may be copied
        if self.copies:
            self.S = self.new(V, self.layout.logits)
            self.attention = self.new(B, T, -(-T // 8) * 8)

    def new(self, *shape: int) -> Array:
        """Make an array of zeros."""
        return np.zeros(shape, self.dtype)

    def walk(self, tokens: Array, start: Sequence[Tensor]) -> None:
        """Fill the states, from tokens (T, B) and a state, (1, B, H) each, or zero."""
        W_in, b_in = map(array, self.layer.input_weights())
        table, self.W = array(self.network.i_h.weight), array(self.layer.weight_hh)
        linear(self.x[:-1], table, np.ascontiguousarray(W_in.T), b_in)
        self.x[-1] = b_in  # a token that is read as nothing
        for states, part in zip((self.h, self.c), start, strict=False):
            states[0] = array(part)[0]
        if not start:
            self.h[0] = self.c[0] = 0
        self.b = array(self.layer.bias_inside)
        U = np.ascontiguousarray(self.W.T)
        self.recurrence.forward(self.x, tokens, U, self.b, self.h, self.c, self.gates)

    def project(self, y: Array, mean: Array, var: Array) -> None:
        """Fill `out` from y, the states less what `mean` will not take off."""
        bn, h_o, (V, _, logits, _) = self.network.bn, self.network.h_o, self.layout
        self.rs = 1 / np.sqrt(var + self.dtype.type(bn.eps))
        W, b, gamma, beta = map(array, (h_o.weight, h_o.bias, bn.weight, bn.bias))
        readout.fold(W, b, gamma, beta, mean, self.rs, V, logits, self.W_c, self.shift)
        linear(self.out, y, np.ascontiguousarray(self.W_c.T), self.shift)

    def say(self, tokens: Array, targets: Array) -> None:
        """Fill `said` and `nats`; the logits in `out` become probabilities.

        Args:
            tokens: (T, B), as a copy head sees them.
            targets: (T - skip, B).
        """
        if self.network.copying is None:
            said, nats = self.said.reshape(-1), self.nats.reshape(-1)
            readout.say(self.out, self.layout.logits, targets.reshape(-1), said, nats)
            return
        pointing.substitutes(array(self.network.copying.S), self.S)
        pointing.say(
            self.rows(self.out), tokens, targets, self.shut, self.S, *self.sizes(),
            self.attention, self.said, self.nats,
        )  # fmt: skip

    def rows(self, out: Array) -> Array:
        """View rows (N, .) as (T, B, .)."""
        return out.reshape(self.T - self.first, self.B, -1)

    def sizes(self) -> tuple[int, int, int, Any, Any]:
        """Give what the copy head needs to know: H, memory, skip, scale, floor."""
        assert self.network.copying is not None
        memory, number = self.network.copying.memory, self.dtype.type
        return self.H, memory, self.skip, number(self.H**-0.5), number(copying.FLOOR)


class Reader(Pass):
    """A network in evaluation: what it says of windows, and what that costs."""

    def __call__(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Read windows from a zero state.

        Args:
            tokens: (T + 1, B), int64: inputs, and the targets one further on.

        Returns:
            The likeliest tokens (T - skip, B), and -log p of the targets in nats,
            alike; both are overwritten by the next call.
        """
        read, targets = tokens[:-1].numpy(), tokens[1 + self.skip :].numpy()
        bn = self.network.bn
        assert bn.running_mean is not None
        assert bn.running_var is not None
        self.walk(read, ())
        self.project(self.states, array(bn.running_mean), array(bn.running_var))
        self.say(read, targets)
        return torch.from_numpy(self.said), torch.from_numpy(self.nats)


def read(
    network: CountingModel, windows: Tensor, skip: int = 0
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Read windows (n, T + 1) some at a time; gives their tokens, `said` and `nats`.

    Time comes first: (T + 1, C), and (T - skip, C) twice, for C windows; see Reader.
    """
    reader: Reader | None = None
    for some in windows.split(CHUNK):
        if reader is None or len(some) != reader.B:
            reader = Reader(network, windows.shape[1] - 1, len(some), skip)
        tokens = some.t().contiguous()
        yield tokens, *reader(tokens)


def array(tensor: Tensor | None) -> Array:
    """View a tensor as an array."""
    assert tensor is not None
    return tensor.detach().numpy()
