"""The network of every variant: tokens in, log probabilities of the next token out.

Sizes: B windows, T tokens a window, V tokens in the vocabulary, H hidden, P projected.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from counting.base.params import Model
from counting.base.recurrences import own
from counting.base.types import NO_TARGET
from counting.networks.copy_head import CopyHead
from counting.networks.loop import Loop

State = tuple[Any, Any]  # of the recurrence, and what the copy head remembers


def recurrent_layer(config: Model) -> nn.Module:
    """Build the recurrence: the article's loop, a layer of PyTorch, or one's own."""
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
    layer: nn.Module = own(config.recurrence)(H)
    return layer


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
        self.price = copy.price if copy else 0.0
        self.h_o = nn.Linear(H, sum(self.copying.sizes) if self.copying else V)

    def forward(
        self, tokens: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Read tokens, and say after each of them what comes next.

        Args:
            tokens: (B, T), int64.
            state: that an earlier call ended on; None for the beginning.

        Returns:
            Log probabilities (B, T, V), and the state after the last token.
        """
        hidden, memory = state or (None, None)
        states, hidden = self.layer(self.i_h(tokens), hidden)  # (B, T, H)
        out = self.project(states)  # (B, T, P)
        if self.copying is None:
            return out.log_softmax(-1), (hidden, None)
        ways, memory = self.copying(out, tokens, memory)
        return ways.mix(), (hidden, memory)

    def loss(
        self,
        tokens: Tensor,
        targets: Tensor,
        no_copy: Tensor | None = None,
        no_own: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Read windows from the beginning, and judge what is said, for training.

        The masks are for a copy head: where both hold, the own word is shut out if
        copying or substituting suffices, and copying is if they do not.

        Args:
            tokens: (B, T), int64.
            targets: (B, T), int64, the tokens that come next; NO_TARGET where nothing
                is scored.
            no_copy: (B, T) bool, positions that may not copy.
            no_own: (B, T) bool, positions that may not say a word of their own if
                copying or substituting suffices.

        Returns:
            The mean cross entropy of the scored positions in nats, 0 if there are none,
            with the price of own words; and the log probabilities (B, T, V).
        """
        states, _ = self.layer(self.i_h(tokens))  # (B, T, H)
        out = self.project(states)  # (B, T, P)
        scored = (targets != NO_TARGET).sum().clamp(min=1)
        price: Tensor | float = 0.0
        if self.copying is None:
            log_p = out.log_softmax(-1)  # (B, T, V)
        else:
            ways, _ = self.copying(out, tokens)
            suffice, none = ways.suffice(targets), torch.zeros_like(tokens).bool()
            own = suffice & (none if no_own is None else no_own)
            ways = ways.shut(own, (none if no_copy is None else no_copy) & ~own)
            log_p = ways.mix()
            own_share = ways.gates.softmax(-1)[..., 0]  # (B, T)
            price = self.price * (own_share * suffice).sum() / scored
        losses = F.nll_loss(
            log_p.flatten(0, 1), targets.flatten(),
            ignore_index=NO_TARGET, reduction="sum",
        )  # fmt: skip
        return losses / scored + price, log_p

    def project(self, states: Tensor) -> Tensor:
        """Batch norm and linear layer: states (B, T, H) to (B, T, P)."""
        flat = self.bn(states.flatten(0, 1))  # (B * T, H)
        out: Tensor = self.h_o(flat).unflatten(0, states.shape[:2])
        return out
