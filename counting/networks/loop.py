"""The article's first model: a recurrence as a plain Python loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Loop(nn.Module):
    """Token by token: h_t = act(h_h(h_{t-1} + e_t)), with e_t the embedded token.

    As in the article's Model 1. It is an RNN with the same weights for the input and
    the state: h_h(h + e) = W h + (W e + b).

    Args:
        hidden_size: H, also the size of an embedded token.
        nonlinearity: "relu" or "tanh".
    """

    def __init__(self, hidden_size: int, nonlinearity: str = "relu") -> None:
        super().__init__()
        self.h_h = nn.Linear(hidden_size, hidden_size)
        self.activation = {"relu": torch.relu, "tanh": torch.tanh}[nonlinearity]

    def forward(
        self, embedded: Tensor, h_0: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Run over embedded tokens, as nn.RNN(batch_first=True) does.

        Args:
            embedded: (B, T, H), float.
            h_0: (1, B, H), the state before the first token; None for zeros.

        Returns:
            The states (B, T, H), and the last one (1, B, H).
        """
        h = torch.zeros_like(embedded[:, 0]) if h_0 is None else h_0[0]  # (B, H)
        states = []
        for e in embedded.unbind(1):
            h = self.activation(self.h_h(h + e))
            states.append(h)
        return torch.stack(states, 1), h.unsqueeze(0)
