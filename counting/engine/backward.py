"""A whole step of back-propagation through time, from tokens to gradients, by hand.

`Learner` does what autograd does of `CountingModel.forward` and the cross entropy: the
way forward that reading.py shares with evaluation, and all the way back, in compiled
functions. docs/bptt.md derives the formulas.

Sizes: T tokens, B windows, H hidden, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from counting.engine import copy_head as pointing
from counting.engine import linear_head as readout
from counting.engine.compiled import Array
from counting.engine.forward import Pass, array
from counting.engine.matmul import add_product

if TYPE_CHECKING:
    from counting.networks.network import CountingModel


class Learnt(NamedTuple):
    """What a step tells besides the gradients, which stand in the parameters."""

    loss: Tensor  # (), in nats per token
    right: Tensor  # (T - skip, B) bool: the target is the most probable token
    ends: list[Tensor]  # the state after the last token, (1, B, H) each


class Learner(Pass):
    """A network in training.

    Args:
        network: what learns; its parameters are given gradients if they have none.
        T: tokens of a window.
        B: windows of a batch.
        skip: the first positions, which are not scored.

    Raises:
        ValueError: there is but one position to take statistics from.
    """

    def __init__(self, network: CountingModel, T: int, B: int, skip: int = 0) -> None:
        super().__init__(network, T, B, skip)
        if len(self.states) < 2:
            raise ValueError(
                f"{len(self.states)} position has no variance: train on 2 or more"
            )
        for parameter in network.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        H, G = self.H, self.recurrence.gates
        self.y, self.mean, self.var = self.new(*self.states.shape), *self.new(2, H)
        self.up = self.new(T, B, H)
        self.dx, self.dW, self.db = (
            self.new(*self.x.shape),
            self.new(G * H, H),
            self.new(H),
        )
        self.dh, self.dc = self.new(2, B, H)
        self.D, self.d_sum = self.new(*self.W_c.shape), self.new(len(self.W_c))
        self.none = self.new(H)  # mean of states that are less their mean already
        if self.copies:
            self.d, self.dS = self.new(*self.out.shape), self.new(*self.S.shape)

    def __call__(
        self, tokens: Tensor, targets: Tensor, state: Sequence[Tensor] = ()
    ) -> Learnt:
        """Put the gradients of the mean cross entropy in the place of the parameters'.

        Moves the running statistics of batch norm.

        Args:
            tokens: (T, B), int64.
            targets: (T - skip, B), int64.
            state: before the first token, (1, B, H) each; nothing for zeros.
        """
        words, wanted = (part.contiguous().numpy() for part in (tokens, targets))
        read = self.drop(words)
        self.walk(read, state)
        readout.statistics(self.states, self.y, self.mean, self.var)
        self.move_statistics()
        self.project(self.y, self.none, self.var)
        self.say(words, wanted)
        right, loss = torch.from_numpy(self.said == wanted), readout.mean(self.nats)
        self.back(read, words, wanted)
        parts = (self.h, self.c)[: 1 + self.recurrence.cells]
        ends = [torch.from_numpy(part[-1:].copy()) for part in parts]
        return Learnt(self.network.h_o.weight.new_tensor(loss), right, ends)

    def drop(self, words: Array) -> Array:
        """Draw where nothing may be copied, and which tokens are read as nothing."""
        network, copying = self.network, self.network.copying
        if copying is not None and copying.dropout:
            self.shut = (torch.rand(words.shape) < copying.dropout).numpy()
        if not network.token_dropout:
            return words
        unread = (torch.rand(words.shape) < network.token_dropout).numpy()
        return np.where(unread, len(self.x) - 1, words)

    def move_statistics(self) -> None:
        """Move the running statistics as PyTorch does."""
        bn, N = self.network.bn, len(self.states)
        assert bn.momentum is not None
        assert bn.num_batches_tracked is not None
        bn.num_batches_tracked += 1
        unbiased = self.var * (N / (N - 1))
        for running, now in ((bn.running_mean, self.mean), (bn.running_var, unbiased)):
            kept = array(running)
            kept += self.dtype.type(bn.momentum) * (now - kept)

    def back(self, read: Array, words: Array, targets: Array) -> None:
        """Go all the way back."""
        bn, h_o, (V, _, logits, _) = self.network.bn, self.network.h_o, self.layout
        d = self.out
        if self.network.copying is None:
            readout.unsay(d, targets.reshape(-1))
        else:
            d = self.d
            S, dS = self.network.copying.S, self.dS
            pointing.unsay(
                self.rows(self.out), words, targets, self.S, *self.sizes(),
                self.attention, self.rows(d), dS,
            )  # fmt: skip
            pointing.unsubstitutes(self.S, dS, gradient(S))
        readout.unfold(
            d, self.y, array(h_o.weight), array(bn.weight), array(bn.bias), self.rs,
            V, logits, self.W_c, self.D, self.d_sum,
            self.up[self.first :].reshape(-1, self.H),
            *map(gradient, (h_o.weight, h_o.bias, bn.weight, bn.bias)),
        )  # fmt: skip
        for part in (self.dx, self.dW, self.db, self.dh, self.dc):
            part[:] = 0
        self.recurrence.backward(
            self.up, read, self.W, self.h, self.c, self.gates,
            self.dx, self.dW, self.db, self.dh, self.dc,
        )  # fmt: skip
        table, W_in = self.network.i_h.weight, array(self.layer.input_weights()[0])
        dx, d_table = self.dx[:-1], gradient(table)
        d_table[:] = 0
        add_product(d_table, dx, W_in)
        dW_in = self.new(*W_in.shape)
        add_product(dW_in, dx.T, array(table))
        self.layer.put_gradients(dW_in, self.dx.sum(0), self.dW, self.db)


def gradient(parameter: Tensor) -> Array:
    """View the gradient of a parameter as an array."""
    return array(parameter.grad)
