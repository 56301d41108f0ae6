"""Our layers one step at a time, without gradients: what evaluation runs on.

A `Stepper` folds all that the weights alone decide (input table, tanh as a sigmoid,
batch norm by its running statistics) into a few tensors, once. The equations are those
of recurrence.py, with s = (h + 1) / 2 in the place of h where h is made of tanh.

Sizes: C windows, H hidden, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.counting.layers import GRU, LSTM, RNN, Layer, Loop
from stages.counting.readout import folded
from stages.counting.recurrence import RNNWalk, add_product

Step = Callable[[Tensor], Tensor]  # tokens (C,) -> state (C, H)


class Stepper:
    """From tokens (C,) to logits (C, V), carrying its own state from a zero one.

    What a call returns is overwritten by the next.

    Args:
        layer: Loop, RNN, GRU or LSTM.
        embedding: (V, I), the weight of the embedding.
        bn: batch norm over H, read by its running statistics.
        h_o: linear layer from H to V.
        C: windows.
    """

    def __init__(
        self,
        layer: Layer,
        embedding: Tensor,
        bn: nn.BatchNorm1d,
        h_o: nn.Linear,
        C: int,
    ) -> None:
        self.step, centred = STEPS[type(layer)](layer, embedding, C)
        W, b = folded(bn, h_o)
        if centred:  # h = 2 s - 1
            W, b = 2 * W, b - W.sum(1)
        self.V, missing = len(W), -len(W) % 8  # 30 columns take twice the time of 32
        self.W = F.pad(W, (0, 0, 0, missing)).t().contiguous()
        self.b = F.pad(b, (0, missing)).repeat(C, 1)
        self.logits = torch.empty_like(self.b)

    def __call__(self, tokens: Tensor) -> Tensor:
        """Logits (C, V) after one more token (C,) of every window."""
        self.logits.copy_(self.b)
        return add_product(self.logits, self.step(tokens), self.W)[:, : self.V]


def elman_step(layer: Any, embedding: Tensor, C: int) -> tuple[Step, bool]:
    """The step of Loop and RNN, and whether its state is s."""
    x, W = layer.input_side(embedding), layer.weight_hh
    tanh = layer.walk is RNNWalk
    if tanh:
        x, W = 2 * (x - W.sum(1)), 4 * W
    U, squash = W.t().contiguous(), Tensor.sigmoid_ if tanh else Tensor.relu_
    s, now = x.new_full((2, C, layer.hidden_size), 0.5 if tanh else 0.0)

    def step(tokens: Tensor) -> Tensor:
        nonlocal s, now
        torch.index_select(x, 0, tokens, out=now)
        s, now = squash(add_product(now, s, U)), s
        return s

    return step, tanh


def gru_step(layer: GRU, embedding: Tensor, C: int) -> tuple[Step, bool]:
    """The step of the GRU; its state is s."""
    H, W = layer.hidden_size, layer.weight_hh
    x = layer.input_side(embedding)
    x_rz, x_n = x.split([2 * H, H], 1)
    b, U = layer.bias_hh_l0 - W.sum(1), (2 * W.t()).contiguous()
    x_rzq = torch.cat([x_rz + b[: 2 * H], b[2 * H :].expand_as(x_n)], 1)
    x_n = 2 * x_n
    s, n, rzq = x_n.new_full((C, H), 0.5), x_n.new_empty(C, H), x.new_empty(C, 3 * H)
    (r, z, q), rz = rzq.chunk(3, 1), rzq[:, : 2 * H]

    def step(tokens: Tensor) -> Tensor:
        torch.index_select(x_rzq, 0, tokens, out=rzq)
        torch.index_select(x_n, 0, tokens, out=n)
        add_product(rzq, s, U)
        rz.sigmoid_()
        n.addcmul_(r, q, value=2).sigmoid_()
        return torch.lerp(n, s, z, out=s)

    return step, True


def lstm_step(layer: LSTM, embedding: Tensor, C: int) -> tuple[Step, bool]:
    """The step of the LSTM; its state is h, and c holds 2 c."""
    H = layer.hidden_size
    twice = embedding.new_ones(4, H)
    twice[2] = 2
    x = layer.input_side(embedding) * twice.flatten()
    U = (layer.weight_hh.t() * twice.flatten()).contiguous()
    minus_one, gates = x.new_full((), -1), x.new_empty(C, 4 * H)
    h, c = x.new_zeros(2, C, H)
    i, f, g, o = gates.chunk(4, 1)

    def step(tokens: Tensor) -> Tensor:
        torch.index_select(x, 0, tokens, out=gates)
        add_product(gates, h, U).sigmoid_()
        torch.add(minus_one, g, alpha=2, out=g)
        c.mul_(f).addcmul_(i, g, value=2)
        torch.sigmoid(c, out=h)
        return torch.add(minus_one, h, alpha=2, out=h).mul_(o)

    return step, False


STEPS: dict[type[Layer], Any] = {
    Loop: elman_step,
    RNN: elman_step,
    GRU: gru_step,
    LSTM: lstm_step,
}
