"""The networks: tokens in, logits out, and a hidden state that the caller carries.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stages.counting.bptt import Learnt, learn
from stages.counting.copying import CopyHead, Memory
from stages.counting.layers import GRU, LSTM, RNN, Layer, Loop
from stages.counting.params import Model
from stages.counting.readout import readout
from stages.counting.stepping import Stepper


def recurrent_layer(config: Model) -> Layer:
    """Build the recurrent layer of a variant."""
    H = config.hidden_size
    if config.activation is not None:
        if config.recurrence == "loop":
            return Loop(H, config.activation)
        return RNN(H, H, config.activation)
    return GRU(H, H) if config.recurrence == "gru" else LSTM(H, H)


class CountingModel(nn.Module):
    """The article's network: embedding i_h, recurrence, batch norm bn, linear h_o.

    Batch norm is taken over all positions of the batch, as if time were more rows. With
    a copy head, h_o also gives its queries, keys and gates.
    """

    def __init__(self, config: Model, vocabulary_size: int) -> None:
        super().__init__()
        V, H = vocabulary_size, config.hidden_size
        self.i_h = nn.Embedding(V, H)
        self.layer = recurrent_layer(config)
        self.bn = nn.BatchNorm1d(H)
        self.token_dropout = config.token_dropout
        self.copying: CopyHead | None = None
        if config.memory is not None:
            self.copying = CopyHead(V, H, config.memory, config.copy_dropout)
        self.h_o = nn.Linear(H, sum(self.copying.sizes) if self.copying else V)

    def forward(self, tokens: Tensor, hidden: Any = None) -> tuple[Tensor, Any]:
        """Read tokens (B, T) int64 after `hidden`, the state of an earlier call.

        Returns logits (B, T, V) float32 and the state after the last token.
        """
        state, memory = hidden or (None, None)
        states, state = self.read(tokens, state)
        logits, memory = self.say(states, tokens, memory)
        return logits, (state, memory)

    def read(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Run the recurrence over tokens (B, T): states (T, B, H), and the last one.

        In training, a share `token_dropout` of the tokens is read as nothing: a state
        that knows where it is without every word knows it after a new word too.
        """
        table, tokens = self.i_h.weight, tokens.t()
        if self.training and self.token_dropout:
            unread = torch.rand(tokens.shape) < self.token_dropout
            tokens = tokens.masked_fill(unread, len(table))
            table = torch.cat([table, table.new_zeros(1, table.shape[1])])
        return self.layer.over_tokens(tokens, table, state)

    def say(
        self,
        states: Tensor,
        tokens: Tensor,
        memory: Memory | None = None,
        skip: int = 0,
    ) -> tuple[Tensor, Memory | None]:
        """Give logits (B, T - skip, V) of states (T, B, H), and the head's memory.

        Batch norm sees the positions that say something; a copy head's keys are among
        them, so with one these are all.
        """
        if self.copying is None:
            return readout(states[skip:], self.bn, self.h_o).transpose(0, 1), None
        projected = readout(states, self.bn, self.h_o).transpose(0, 1)
        log_p, memory = self.copying(projected, tokens, memory, skip)
        return log_p, memory

    def learn(
        self, tokens: Tensor, targets: Tensor, state: Any = None, skip: int = 0
    ) -> Learnt:
        """Put the gradients of a step in their place, without autograd; see bptt.py.

        Args:
            tokens: (B, T), int64.
            targets: (B, T - skip), int64.
            state: as in `read`.
            skip: the first positions, which are not scored.

        Returns:
            As bptt.py says, but for `right`, which is (B, T - skip).
        """
        start = [state] if isinstance(state, Tensor) else list(state or ())
        x, y = tokens.t(), targets.t()  # time first
        found = learn(self.layer, self.i_h, self.bn, self.h_o, x, y, start, skip)
        return found._replace(right=found.right.t())

    def stepper(self, windows: int) -> Stepper | None:
        """Give the network one step at a time, for evaluation; none with a copy head.

        Takes tokens (C,) to logits (C, V) for C = `windows`, from a zero state on.
        """
        if self.copying is not None:
            return None
        return Stepper(self.layer, self.i_h.weight, self.bn, self.h_o, windows)
