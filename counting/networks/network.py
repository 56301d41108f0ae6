"""The network of every variant: tokens in, log probabilities of the next token out.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden, P projected.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from counting.base.params import Model
from counting.networks.copy_head import CopyHead
from counting.networks.loop import Loop

State = tuple[Any, Any]  # of the recurrence, and what the copy head remembers


def recurrent_layer(config: Model) -> nn.Module:
    """Build the recurrent layer of a variant: the article's loop, or PyTorch's own."""
    H = config.hidden_size
    if config.recurrence == "loop":
        return Loop(H, config.activation or "relu")
    if config.recurrence == "rnn":
        return nn.RNN(H, H, nonlinearity=config.activation or "tanh", batch_first=True)
    if config.recurrence == "gru":
        return nn.GRU(H, H, batch_first=True)
    return nn.LSTM(H, H, batch_first=True)


class Network(nn.Module):
    """The article's network: embedding i_h, recurrence, batch norm bn, linear h_o.

    Batch norm is taken over all positions of the batch, as if time were more rows. With
    a copy head, h_o also gives its queries, keys and gates.

    Args:
        config: the variant.
        vocabulary_size: V.
    """

    def __init__(self, config: Model, vocabulary_size: int) -> None:
        super().__init__()
        V, H = vocabulary_size, config.hidden_size
        self.i_h = nn.Embedding(V, H)
        self.layer = recurrent_layer(config)
        self.bn = nn.BatchNorm1d(H)
        copy = config.copy_head
        self.copying = CopyHead(V, H, copy.reach, copy.sharpness) if copy else None
        self.h_o = nn.Linear(H, sum(self.copying.sizes) if self.copying else V)

    def forward(
        self,
        tokens: Tensor,
        state: State | None = None,
        *,
        no_copy: Tensor | None = None,
        skip: int = 0,
    ) -> tuple[Tensor, State]:
        """Read tokens, and say after each of them what comes next.

        The masks, no_copy and skip, are for training.

        Args:
            tokens: (B, T), int64.
            state: that an earlier call ended on; None for the beginning.
            no_copy: (B, T) bool, positions that may not copy.
            skip: the first positions, which are not scored.

        Returns:
            Log probabilities (B, T - skip, V), and the state after the last token.
        """
        hidden, memory = state or (None, None)
        states, hidden = self.layer(self.i_h(tokens), hidden)  # (B, T, H)
        if self.copying is None:
            out = self.project(states[:, skip:])  # (B, T - skip, V)
            return out.log_softmax(-1), (hidden, None)
        out = self.project(states)  # (B, T, P): keys are among the first, too
        log_p, memory = self.copying(out, tokens, memory, no_copy)
        return log_p[:, skip:], (hidden, memory)

    def project(self, states: Tensor) -> Tensor:
        """Batch norm and linear layer: states (B, T, H) to (B, T, P)."""
        flat = self.bn(states.flatten(0, 1))  # (B * T, H)
        out: Tensor = self.h_o(flat).unflatten(0, states.shape[:2])
        return out
