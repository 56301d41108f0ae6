"""The tensors of a network, by the names of the definition, as the kernels take them.

Sizes: V vocabulary, H hidden, G gates, P rows of the linear layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from counting.base.params import Model
from counting.engine import linear_head, recurrence
from counting.engine.compiler import Array

Tensors = Mapping[str, Array]  # by the names of the definition's state_dict


class Network(NamedTuple):
    """A network as the engine sees it."""

    recurrence: recurrence.Recurrence
    tensors: Tensors  # parameters and running statistics
    reach: int = 0  # positions that can be copied from; 0 without a copy head
    sharpness: float = 1.0  # of the table of a copy head
    price: float = 0.0  # of own words where copying suffices

    @classmethod
    def of(cls, config: Model, tensors: Tensors) -> Network:
        """Take the tensors of a variant; they are read anew at each call."""
        kinds = {"gru": recurrence.GRU, "lstm": recurrence.LSTM}
        simple = {"relu": recurrence.RELU, "tanh": recurrence.TANH}
        kind = kinds.get(config.recurrence) or simple[config.activation or "tanh"]
        if (copy := config.copy_head) is None:
            return cls(kind, tensors)
        return cls(kind, tensors, copy.reach, copy.sharpness, copy.price)

    @property
    def table(self) -> Array:
        """The embedding, (V, H)."""
        return self.tensors["i_h.weight"]

    @property
    def is_loop(self) -> bool:
        """Whether the input side has the weights of the state: h_h(h + e)."""
        return "layer.h_h.weight" in self.tensors

    @property
    def has_inner_bias(self) -> bool:
        """Whether b_hh stands inside a product, as in a GRU, and not in the table."""
        return self.recurrence.gate_count == 3


def input_side(network: Network) -> tuple[Array, Array]:
    """Give W (G * H, H) and b (G * H,) of the input side."""
    tensors = network.tensors
    if network.is_loop:
        return tensors["layer.h_h.weight"], tensors["layer.h_h.bias"]
    bias = tensors["layer.bias_ih_l0"]
    if not network.has_inner_bias:
        bias = bias + tensors["layer.bias_hh_l0"]
    return tensors["layer.weight_ih_l0"], bias


def along_time(network: Network) -> recurrence.Weights:
    """Give the weights that act along time."""
    name = "layer.h_h.weight" if network.is_loop else "layer.weight_hh_l0"
    W_hh, none = network.tensors[name], np.zeros(0, network.table.dtype)
    b_hh = network.tensors["layer.bias_hh_l0"] if network.has_inner_bias else none
    return recurrence.Weights(W_hh, b_hh)


def head(tensors: Tensors) -> linear_head.Head:
    """Give the linear layer and batch norm, or their gradients."""
    names = ("h_o.weight", "h_o.bias", "bn.weight", "bn.bias")
    return linear_head.Head(*(tensors[name] for name in names))


def put_gradients(
    network: Network,
    d_W: Array,
    d_b: Array,
    d_W_hh: Array,
    d_b_n: Array,
    gradients: Tensors,
) -> None:
    """Put the gradients of the recurrence in their place.

    Args:
        network: whose they are.
        d_W: of the first that `input_side` gives.
        d_b: of the second.
        d_W_hh: of the weights along time.
        d_b_n: of the bias along time, the part that is not in d_b.
        gradients: arrays by the names of the parameters; those of the recurrence are
            filled.
    """
    if network.is_loop:  # one weight, in both places
        gradients["layer.h_h.weight"][:] = d_W + d_W_hh
        gradients["layer.h_h.bias"][:] = d_b
        return
    gradients["layer.weight_ih_l0"][:] = d_W
    gradients["layer.weight_hh_l0"][:] = d_W_hh
    gradients["layer.bias_ih_l0"][:] = d_b
    gradients["layer.bias_hh_l0"][:] = d_b
    if network.has_inner_bias:
        gradients["layer.bias_hh_l0"][-len(d_b_n) :] = d_b_n
