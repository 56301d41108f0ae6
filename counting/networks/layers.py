"""Recurrent layers, standing where PyTorch's stand.

`Loop`, `RNN`, `GRU` and `LSTM`: same parameters by the same names, same results, same
interface as torch.nn's, and a few times as fast; `over_tokens` is the fast way in.
recurrence.py has the equations.

Sizes: T steps, B batch, I input, H hidden, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable

from counting.engine import recurrence as equations
from counting.engine.compiled import Array
from counting.engine.recurrence import Recurrence


class Layer(nn.Module):
    """What the layers share: the interface of torch.nn.RNN, and its checks.

    One layer, one direction, time first.
    """

    recurrence: Recurrence  # the equations

    @property
    def carried(self) -> int:
        """Tensors in the hidden state; the LSTM's are two."""
        return 1 + self.recurrence.cells

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
            ValueError: a shape is not one of these, or a token has no row.
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
        low, high = (int(end) for end in tokens.aminmax())
        if low < 0 or high >= len(embedding):
            raise ValueError(
                f"tokens from {low} to {high}, expected 0 to {len(embedding) - 1}: "
                "the rows of the embedding"
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
        x = F.linear(inputs, *self.input_weights())
        if tokens is None:  # every place is a row of its own
            rows = torch.arange(inputs.shape[0] * B)
            x, tokens = x.flatten(0, 1), rows.view(-1, B)
        start = [part[0] for part in hidden]
        h, *more = Along.apply(  # type: ignore[no-untyped-call]
            self.recurrence, x, tokens, self.weight_hh, self.bias_inside, *start
        )
        last = (h[-1:], *(part.unsqueeze(0) for part in more))
        return h, last if self.carried > 1 else last[0]

    @property
    def weight_hh(self) -> Tensor:
        """W, (G * H, H)."""
        raise NotImplementedError

    @property
    def bias_inside(self) -> Tensor:
        """A GRU's b_hh, (3 * H,), which is no part of its input side; else nothing."""
        return self.weight_hh.new_zeros(0)

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """Give W_ih (G * H, I) and b (G * H,) of the input side."""
        raise NotImplementedError

    def put_gradients(self, dW_in: Array, d_bias: Array, dW: Array, db: Array) -> None:
        """Put the gradients of all parameters in their place, without autograd.

        Args:
            dW_in: of the first of `input_weights`.
            d_bias: of the second.
            dW: of `weight_hh`.
            db: (H,), of the last third of `bias_inside`.
        """
        raise NotImplementedError


class Along(Function):
    """A recurrence along time and back, as one function of autograd."""

    @staticmethod
    def forward(
        ctx: Any, kind: Recurrence, x: Tensor, tokens: Tensor, W: Tensor, b: Tensor,
        *start: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """Give the states (T, B, H), and c_T of an LSTM; see recurrence.py."""
        (T, B), H = tokens.shape, W.shape[1]
        h, c = (x.new_zeros(shape) for shape in ((T + 1, B, H), (1, 1, 1)))
        if kind.cells:
            c = torch.zeros_like(h)
        for states, part in zip((h, c), start, strict=False):
            states[0] = part
        gates = x.new_zeros((T, B, kind.stored * H) if kind.stored else (1, 1, 1))
        tokens = tokens.contiguous()
        U, x, b = W.t().contiguous(), x.contiguous(), b.contiguous()
        kind.forward(*arrays(x, tokens, U, b, h, c, gates))
        ctx.kind, ctx.rows = kind, x.shape
        ctx.save_for_backward(tokens, W, b, h, c, gates)
        return h[1:].clone(), *(c[-1].clone() for _ in range(kind.cells))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, up: Tensor, *dc_T: Tensor) -> tuple[Tensor | None, ...]:
        """Give the gradients of x, W, b and the start."""
        tokens, W, b, h, c, gates = ctx.saved_tensors
        kind, H = ctx.kind, W.shape[1]
        dx, dW, db = W.new_zeros(ctx.rows), torch.zeros_like(W), W.new_zeros(H)
        dh = torch.zeros_like(h[0])
        dc = dc_T[0].clone() if kind.cells else dh.clone()
        now = (up.contiguous(), tokens, W.contiguous(), h, c, gates, dx, dW, db, dh, dc)
        kind.backward(*arrays(*now))
        # r and z of a GRU: their two biases are one
        d_inside = torch.cat([dx[:, : 2 * H].sum(0), db]) if len(b) else None
        return None, dx, None, dW, d_inside, dh, *(dc for _ in range(kind.cells))


def arrays(*tensors: Tensor) -> Sequence[Any]:
    """View tensors as arrays."""
    return [tensor.detach().numpy() for tensor in tensors]


class Loop(Layer):
    """The article's loop: h_t = act(h_h(h_{t-1} + e_t)), e_t the embedded input.

    An RNN whose input and hidden weights are one: h_h(h + e) = W h + (W e + b).

    Args:
        hidden_size: H, and I too.
        nonlinearity: "relu" or "tanh".
    """

    def __init__(self, hidden_size: int, nonlinearity: str = "relu") -> None:
        super().__init__(hidden_size, hidden_size)
        self.recurrence = simple(nonlinearity)
        self.h_h = nn.Linear(hidden_size, hidden_size)

    @property
    def weight_hh(self) -> Tensor:
        """W, (H, H)."""
        return self.h_h.weight

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """See Layer; the same weights as along time."""
        return self.h_h.weight, self.h_h.bias

    def put_gradients(self, dW_in: Array, d_bias: Array, dW: Array, db: Array) -> None:
        """See Layer; W has a share from the input side and one from the walk."""
        put(self.h_h.weight, dW_in + dW)
        put(self.h_h.bias, d_bias)


class Gated(Layer):
    """A layer with PyTorch's four parameters; the same seed gives the same weights."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        rows, bound = self.recurrence.gates * hidden_size, 1 / math.sqrt(hidden_size)

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

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """See Layer; b_hh is in b too, but for a GRU."""
        bias = self.bias_ih_l0
        return self.weight_ih_l0, bias if len(
            self.bias_inside
        ) else bias + self.bias_hh_l0

    def put_gradients(self, dW_in: Array, d_bias: Array, dW: Array, db: Array) -> None:
        """See Layer."""
        put(self.weight_ih_l0, dW_in)
        put(self.weight_hh_l0, dW)
        put(self.bias_ih_l0, d_bias)
        inside = len(self.bias_inside) > 0
        put(
            self.bias_hh_l0,
            np.concatenate([d_bias[: -len(db)], db]) if inside else d_bias,
        )


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
        self.recurrence = simple(nonlinearity)
        super().__init__(input_size, hidden_size)


class GRU(Gated):
    """In the place of torch.nn.GRU; the equations stand with `gru_forward`.

    Args:
        input_size: I.
        hidden_size: H.
    """

    recurrence = equations.GRU

    @property
    def bias_inside(self) -> Tensor:
        """See Layer; b_hh of n stands inside the product with r."""
        return self.bias_hh_l0


class LSTM(Gated):
    """In the place of torch.nn.LSTM; the equations stand with `lstm_forward`.

    Args:
        input_size: I.
        hidden_size: H.
    """

    recurrence = equations.LSTM


def put(parameter: Tensor, gradient: Array) -> None:
    """Fill the gradient that a parameter has."""
    assert parameter.grad is not None
    parameter.grad.copy_(torch.from_numpy(gradient))


def simple(nonlinearity: str) -> Recurrence:
    """Give the recurrence of a name of a nonlinearity."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity is {nonlinearity!r}, expected tanh or relu")
    return equations.TANH if nonlinearity == "tanh" else equations.RELU
