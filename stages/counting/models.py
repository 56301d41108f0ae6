"""The networks: tokens in, logits out, and a hidden state that the caller carries.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stages.counting.params import Model

KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Loop(nn.Module):
    def __init__(self, hidden_size: int, activation: str) -> None:
        super().__init__()
        self.h_h = nn.Linear(hidden_size, hidden_size)
        self.act = getattr(torch, activation)

    def forward(self, x: Tensor, h: Tensor | None) -> tuple[Tensor, Tensor]:
        h = torch.zeros_like(x[0]) if h is None else h
        out = []
        for t in range(len(x)):
            h = self.act(self.h_h(h + x[t]))
            out.append(h)
        return torch.stack(out), h


class CountingModel(nn.Module):
    """Embedding, recurrent layer, batch norm, linear."""

    def __init__(self, config: Model, vocabulary_size: int) -> None:
        super().__init__()
        H = config.hidden_size
        self.i_h = nn.Embedding(vocabulary_size, H)
        if config.recurrence == "loop":
            self.layer: nn.Module = Loop(H, config.activation or "tanh")
        elif config.recurrence == "rnn":
            self.layer = nn.RNN(H, H, nonlinearity=config.activation or "tanh")
        else:
            self.layer = KINDS[config.recurrence](H, H)
        self.bn = nn.BatchNorm1d(H) if config.batch_norm else nn.Identity()
        self.h_o = nn.Linear(H, vocabulary_size)

    def forward(self, tokens: Tensor, hidden: Any = None) -> tuple[Tensor, Any]:
        """Read tokens (B, T) int64; give logits (B, T, V) and the state after them."""
        states, hidden = self.layer(self.i_h(tokens.t()), hidden)  # (T, B, H)
        T, B, H = states.shape
        logits = self.h_o(self.bn(states.reshape(T * B, H)))  # (T B, V)
        return logits.view(T, B, -1).transpose(0, 1), hidden
