"""The networks: tokens in, logits out, and a hidden state that the caller carries.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from counting.base.params import Model
from counting.networks.copy_head import CopyHead
from counting.networks.layers import GRU, LSTM, RNN, Layer, Loop


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

        Returns logits (B, T, V) and the state after the last token. Under autograd all
        of it can be trained; bptt.py does so by hand, and evaluates.
        """
        state, memory = hidden or (None, None)
        states, state = self.layer.over_tokens(tokens.t(), self.i_h.weight, state)
        out = self.h_o(self.bn(states.flatten(0, 1)))  # (T * B, P)
        out = out.view(*states.shape[:2], -1).transpose(0, 1)  # (B, T, P)
        if self.copying is not None:
            out, memory = self.copying(out, tokens, memory)  # (B, T, V)
        return out, (state, memory)
