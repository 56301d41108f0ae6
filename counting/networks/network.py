"""The network of every variant: tokens in, log probabilities of the next token out.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden, P projected.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from counting.base.models import Model
from counting.base.recurrences import own
from counting.base.types import NO_TARGET
from counting.networks.copy_head import CopyHead, Memory
from counting.networks.loop import Loop

State = tuple[Any, Any]  # that of the recurrence, and the copy head's memory


def recurrent_layer(config: Model) -> nn.Module:
    """Build the recurrence: the article's loop, a layer of PyTorch, or your own."""
    H, activation = config.hidden_size, str(config.activation)
    match config.recurrence:
        case "loop":
            return Loop(H, activation)
        case "rnn":
            return nn.RNN(H, H, nonlinearity=activation, batch_first=True)
        case "gru":
            return nn.GRU(H, H, batch_first=True)
        case "lstm":
            return nn.LSTM(H, H, batch_first=True)
        case name:
            layer: nn.Module = own(name)(H)
            return layer


class Network(nn.Module):
    """The article's network: embedding i_h, recurrence, batch norm bn, linear h_o.

    Batch norm is over all B * T positions of a batch. With a copy head, h_o also gives
    its queries, keys and gates.

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
        self, tokens: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Read tokens, and predict after each of them the next.

        Args:
            tokens: (B, T), int64.
            state: the one that an earlier call returned; None to begin.

        Returns:
            Log probabilities (B, T, V), and the state after the last token.
        """
        hidden, memory = state or (None, None)
        states, hidden = self.layer(self.i_h(tokens), hidden)  # (B, T, H)
        log_p, memory = self.predict(states, tokens, memory)
        return log_p, (hidden, memory)

    def predict(
        self,
        states: Tensor,
        tokens: Tensor,
        memory: Memory | None = None,
        no_copy: Tensor | None = None,
    ) -> tuple[Tensor, Memory | None]:
        """Turn states (B, T, H) into log probabilities (B, T, V), and give the memory.

        `tokens`, `memory` and `no_copy` are those of CopyHead.forward.
        """
        out = self.project(states)  # (B, T, P)
        if self.copying is None:
            return out.log_softmax(-1), None
        ways, memory = self.copying(out, tokens, memory, no_copy)
        return ways.mix(), memory

    def loss(
        self,
        tokens: Tensor,
        targets: Tensor,
        no_copy: Tensor | None = None,
        read: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Give the loss of windows that begin with a state of zeros, for training.

        Args:
            tokens: (B, T), int64.
            targets: (B, T), int64, the next tokens; NO_TARGET where none is scored.
            no_copy: (B, T) bool, positions that may not copy.
            read: (B, T), int64, what the recurrence reads, `tokens` with some misread;
                None for `tokens`. The copy head copies from `tokens` in any case.

        Returns:
            The mean cross entropy of the scored positions in nats, 0 if there are none;
            and the log probabilities (B, T, V).
        """
        states, _ = self.layer(self.i_h(tokens if read is None else read))  # (B, T, H)
        log_p, _ = self.predict(states, tokens, no_copy=no_copy)  # (B, T, V)
        losses = F.nll_loss(
            log_p.flatten(0, 1), targets.flatten(),
            ignore_index=NO_TARGET, reduction="sum",
        )  # fmt: skip
        return losses / (targets != NO_TARGET).sum().clamp(min=1), log_p

    def project(self, states: Tensor) -> Tensor:
        """Apply batch norm and the linear layer: states (B, T, H) to (B, T, P)."""
        flat = self.bn(states.flatten(0, 1))  # (B * T, H)
        out: Tensor = self.h_o(flat).unflatten(0, states.shape[:2])
        return out
