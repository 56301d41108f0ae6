"""Recurrent layers, standing where PyTorch's stand.

`Loop`, `RNN`, `GRU` and `LSTM`: same parameters by the same names, same results, same
interface as torch.nn's, and a few times as fast; `over_tokens` is the fast way in.
recurrence.py has the equations.

Sizes: T steps, B batch, I input, H hidden, V vocabulary.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.counting.recurrence import (
    GRUWalk,
    LoopWalk,
    LSTMWalk,
    RNNWalk,
    Walk,
    add_product,
    walk,
)


class Layer(nn.Module):
    """What the layers share: the interface of torch.nn.RNN, and its checks.

    One layer, one direction, time first.
    """

    carried = 1  # tensors in the hidden state; the LSTM's are two
    walk: type[Walk]  # the equations

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size

    def forward(self, inputs: Tensor, hidden: Any = None) -> tuple[Tensor, Any]:
        """Runs over inputs.

        Args:
            inputs: (T, B, I), float.
            hidden: state before the first step, (1, B, H); for an LSTM a pair of them,
                h and c; None for zeros.

        Returns:
            The states h_1 .. h_T, (T, B, H), and the state after the last step, shaped
            as `hidden` is.

        Raises:
            ValueError: a shape is not one of these.
        """
        if inputs.dim() != 3 or inputs.shape[2] != self.input_size:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}, expected "
                f"(T, B, {self.input_size}); for tokens call over_tokens"
            )
        return self._run(inputs, None, inputs.shape[1], hidden)

    def over_tokens(
        self, tokens: Tensor, embedding: Tensor, hidden: Any = None
    ) -> tuple[Tensor, Any]:
        """Runs over tokens: the same as `forward(embedding[tokens], hidden)`, faster.

        Args:
            tokens: (T, B), int64, each below V.
            embedding: (V, I), float: the weight of the embedding.
            hidden: as in `forward`.

        Returns:
            As `forward`.

        Raises:
            ValueError: a shape is not one of these.
        """
        if tokens.dim() != 2 or tokens.is_floating_point():
            raise ValueError(
                f"tokens are {tokens.dtype} of shape {tuple(tokens.shape)}, expected "
                "int64 of shape (T, B); for embedded tokens call the layer itself"
            )
        if embedding.dim() != 2 or embedding.shape[1] != self.input_size:
            raise ValueError(
                f"embedding has shape {tuple(embedding.shape)}, expected "
                f"(V, {self.input_size})"
            )
        return self._run(embedding, tokens, tokens.shape[1], hidden)

    def _run(
        self, inputs: Tensor, tokens: Tensor | None, B: int, hidden: Any
    ) -> tuple[Tensor, Any]:
        if hidden is None:
            hidden = (inputs.new_zeros(1, B, self.hidden_size),) * self.carried
        elif self.carried == 1:
            hidden = (hidden,)
        for part in hidden:
            if part.shape != (1, B, self.hidden_size):
                raise ValueError(
                    f"hidden has shape {tuple(part.shape)}, expected "
                    f"(1, {B}, {self.hidden_size})"
                )
        start = (part[0] for part in hidden)
        x, W, b = self.input_side(inputs), self.weight_hh, self.bias_inside
        h, *more = walk(self.walk, x, tokens, W, b, *start)
        last = (h[-1:], *(part.unsqueeze(0) for part in more))
        return h, last if self.carried > 1 else last[0]

    @property
    def weight_hh(self) -> Tensor:
        """W, (G * H, H)."""
        raise NotImplementedError

    @property
    def bias_inside(self) -> Tensor | None:
        """A bias that is no part of the input side: a GRU's b_hh, (3 * H,)."""
        return None

    def input_side(self, inputs: Tensor) -> Tensor:
        """Give the input side of the gates, (.., G * H), of inputs (.., I)."""
        raise NotImplementedError

    def put_gradients(
        self, table: Tensor, dx: Tensor, dW: Tensor, db: Tensor | None
    ) -> Tensor:
        """Put the gradients of all parameters in their place, without autograd.

        Args:
            table: (V, I), what `input_side` was given.
            dx: (V, G * H), the gradient of what it gave.
            dW: (G * H, H), what came to `weight_hh` from the walk.
            db: (3 * H,), the gradient of `bias_inside`.

        Returns:
            The gradient of the table, (V, I).
        """
        raise NotImplementedError


class Loop(Layer):
    """The article's loop: h_t = act(h_h(h_{t-1} + e_t)), e_t the embedded input.

    An RNN whose input and hidden weights are one: h_h(h + e) = W h + (W e + b).

    Args:
        hidden_size: H, and I too.
        nonlinearity: "relu" or "tanh".
    """

    def __init__(self, hidden_size: int, nonlinearity: str = "relu") -> None:
        super().__init__(hidden_size, hidden_size)
        self.walk = RNNWalk if is_tanh(nonlinearity) else LoopWalk
        self.h_h = nn.Linear(hidden_size, hidden_size)

    @property
    def weight_hh(self) -> Tensor:
        """W, (H, H)."""
        return self.h_h.weight

    def input_side(self, inputs: Tensor) -> Tensor:
        """W e + b, (.., H), of embedded inputs (.., H)."""
        return F.linear(inputs, self.h_h.weight, self.h_h.bias)

    def put_gradients(
        self, table: Tensor, dx: Tensor, dW: Tensor, db: Tensor | None
    ) -> Tensor:
        """See Layer; W has a share from the input side and one from the walk."""
        put(self.h_h.weight, add_product(dW, dx.t(), table))
        put(self.h_h.bias, dx.sum(0))
        return product(dx, self.weight_hh)


class Gated(Layer):
    """A layer with PyTorch's four parameters; the same seed gives the same weights."""

    gates = 1

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        rows, bound = self.gates * hidden_size, 1 / math.sqrt(hidden_size)

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

        self.weight_ih_l0 = uniform(rows, input_size)
        self.weight_hh_l0 = uniform(rows, hidden_size)
        self.bias_ih_l0 = uniform(rows)
        self.bias_hh_l0 = uniform(rows)

    @property
    def weight_hh(self) -> Tensor:
        """W, (G * H, H)."""
        return self.weight_hh_l0

    def input_side(self, inputs: Tensor) -> Tensor:
        """W_ih x + b_ih, (.., G * H), of inputs (.., I); b_hh too but for a GRU."""
        bias: Tensor = self.bias_ih_l0
        if self.bias_inside is None:
            bias = bias + self.bias_hh_l0
        if not torch.is_grad_enabled():
            return F.linear(inputs, self.weight_ih_l0, bias)
        # gate by gate, or the gradient of the inputs would need a product over G * H
        pairs = zip(
            self.weight_ih_l0.chunk(self.gates), bias.chunk(self.gates), strict=True
        )
        return torch.cat([F.linear(inputs, W, b) for W, b in pairs], -1)

    def put_gradients(
        self, table: Tensor, dx: Tensor, dW: Tensor, db: Tensor | None
    ) -> Tensor:
        """See Layer."""
        d_bias = dx.sum(0)
        put(self.weight_ih_l0, product(dx.t(), table))
        put(self.weight_hh_l0, dW)
        put(self.bias_ih_l0, d_bias)
        put(self.bias_hh_l0, d_bias if db is None else db)
        return product(dx, self.weight_ih_l0)


class RNN(Gated):
    """In the place of torch.nn.RNN: h_t = act(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).

    Args:
        input_size: I.
        hidden_size: H.
        nonlinearity: "tanh" or "relu".
    """

    def __init__(
        self, input_size: int, hidden_size: int, nonlinearity: str = "tanh"
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.walk = RNNWalk if is_tanh(nonlinearity) else LoopWalk


class GRU(Gated):
    """In the place of torch.nn.GRU; the equations stand with `GRUWalk`.

    Args:
        input_size: I.
        hidden_size: H.
    """

    gates, walk = 3, GRUWalk

    @property
    def bias_inside(self) -> Tensor:
        """See Layer; b_hh of n stands inside the product with r."""
        return self.bias_hh_l0


class LSTM(Gated):
    """In the place of torch.nn.LSTM; the equations stand with `LSTMWalk`.

    Args:
        input_size: I.
        hidden_size: H.
    """

    gates, carried, walk = 4, 2, LSTMWalk


def put(parameter: Tensor, gradient: Tensor) -> None:
    """Let a parameter have a gradient, in the place of the one it has if it has one."""
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    parameter.grad.copy_(gradient)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply a (M, K) by b (K, N)."""
    return add_product(a.new_zeros(len(a), b.shape[1]), a, b)


def is_tanh(nonlinearity: str) -> bool:
    """Whether a name of a nonlinearity says tanh; otherwise it must say relu."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity is {nonlinearity!r}, expected tanh or relu")
    return nonlinearity == "tanh"
