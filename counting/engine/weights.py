"""The tensors of a network, from the names of the definition to what kernels take.

Sizes: V vocabulary, H hidden, G gates, P rows of the linear layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from counting.base.errors import InputError
from counting.base.models import Model
from counting.base.recurrences import BUILT_IN
from counting.base.types import Array
from counting.engine import gates, linear_head, recurrence

Tensors = Mapping[str, Array]  # by the names of the definition's state_dict

KINDS = {
    "relu": recurrence.RELU,
    "tanh": recurrence.TANH,
    "gru": gates.GRU,
    "lstm": gates.LSTM,
}


class Weights(NamedTuple):
    """A network as the engine sees it: its kind of recurrence, and its tensors."""

    kind: recurrence.Recurrence
    tensors: Tensors  # parameters and running statistics
    reach: int = 0  # positions that can be copied from; 0 without a copy head
    sharpness: float = 1.0  # of a copy head: S is multiplied by it

    @classmethod
    def of(cls, config: Model, tensors: Tensors) -> Weights:
        """Take the tensors of a variant, without copying them.

        Raises:
            InputError: its recurrence is one of your own, which is not compiled.
        """
        if config.recurrence not in BUILT_IN:
            raise InputError(
                f"recurrence: {config.recurrence} is not compiled, expected one of "
                f"{', '.join(BUILT_IN)}: use the definition, with engine: autograd"
            )
        kind = KINDS[config.activation or config.recurrence]
        if (copy := config.copy_head) is None:
            return cls(kind, tensors)
        return cls(kind, tensors, copy.reach, copy.sharpness)

    @property
    def embedding(self) -> Array:
        """The embedding, (V, H)."""
        return self.tensors["i_h.weight"]

    @property
    def is_loop(self) -> bool:
        """Whether the input and the state share their weights: h_h(h + e)."""
        return "layer.h_h.weight" in self.tensors

    @property
    def has_inner_bias(self) -> bool:
        """Whether a gate multiplies b_hh, as in a GRU, so the table cannot hold it."""
        return self.kind is gates.GRU

    def input_side(self) -> tuple[Array, Array]:
        """Give W (G * H, H) and b (G * H,) of the input side: x_t = W e_t + b."""
        if self.is_loop:
            return self.tensors["layer.h_h.weight"], self.tensors["layer.h_h.bias"]
        bias = self.tensors["layer.bias_ih_l0"]
        if not self.has_inner_bias:
            bias = bias + self.tensors["layer.bias_hh_l0"]
        return self.tensors["layer.weight_ih_l0"], bias

    def along_time(self) -> recurrence.AlongTime:
        """Give the weights that act along time."""
        name = "layer.h_h.weight" if self.is_loop else "layer.weight_hh_l0"
        W_hh, none = self.tensors[name], np.zeros(0, self.embedding.dtype)
        b_hh = self.tensors["layer.bias_hh_l0"] if self.has_inner_bias else none
        return recurrence.AlongTime(W_hh, b_hh)

    def put_gradients(
        self, d_W: Array, d_b: Array, d_W_hh: Array, d_b_n: Array, gradients: Tensors
    ) -> None:
        """Fill the gradients of the recurrence's parameters.

        Args:
            d_W: (G * H, H), of the input side.
            d_b: (G * H,), of the input side.
            d_W_hh: (G * H, H), of the weights along time.
            d_b_n: (H,), of the last third of a GRU's b_hh, where it differs from d_b.
            gradients: by the names of the parameters.
        """
        if self.is_loop:  # one weight in both places: the two gradients add up
            gradients["layer.h_h.weight"][:] = d_W + d_W_hh
            gradients["layer.h_h.bias"][:] = d_b
            return
        gradients["layer.weight_ih_l0"][:] = d_W
        gradients["layer.weight_hh_l0"][:] = d_W_hh
        gradients["layer.bias_ih_l0"][:] = d_b
        gradients["layer.bias_hh_l0"][:] = d_b
        if self.has_inner_bias:
            gradients["layer.bias_hh_l0"][-len(d_b_n) :] = d_b_n


def head(tensors: Tensors) -> linear_head.Head:
    """Give the linear layer and batch norm out of tensors, or out of gradients."""
    names = ("h_o.weight", "h_o.bias", "bn.weight", "bn.bias")
    return linear_head.Head(*(tensors[name] for name in names))
