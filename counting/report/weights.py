"""Trained networks as the page's engine wants them: prepared arrays, as text.

The engine in the page walks the same way as the compiled one. What does not depend on
the state is computed here, by the compiled kernels themselves: a table with the input
side of each token, batch norm fused into the head, the copy head's table of
substitutes. That is also a third less to carry than the weights of a checkpoint.

Sizes: V vocabulary, H hidden, G gates, L columns of the logits, P projected values.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from stages.counting.models import CountingModel

Array = np.ndarray[Any, Any]


def engine_arrays(network: CountingModel) -> dict[str, Array]:
    """Give what the engine needs of a network in evaluation, float32.

    Returns:
        input_table (V, G * H), biases included; W_hh (G * H, H); bias_hh (3 * H,) of a
        GRU, else (0,); W_out (L + P - V, H) and shift (L + P - V,), with the batch norm
        in them; S (V, L) of a copy head.
    """
    # not at the top: torch must be loaded after numerics.settle, and only if needed
    from stages.counting import pointing, readout
    from stages.counting.products import linear
    from stages.counting.reading import array

    layer, bn, h_o = network.layer, network.bn, network.h_o
    assert bn.running_mean is not None
    V, H, P = network.i_h.num_embeddings, layer.hidden_size, h_o.out_features
    layout = readout.Layout.of(V, P)
    W_in, b_in = map(array, layer.input_weights())
    W_hh = array(layer.weight_hh)
    input_table = np.zeros((V, len(b_in)), np.float32)
    linear(input_table, array(network.i_h.weight), np.ascontiguousarray(W_in.T), b_in)
    rs = 1 / np.sqrt(array(bn.running_var) + np.float32(bn.eps))
    W_out = np.zeros((layout.columns, H), np.float32)
    shift = np.zeros(layout.columns, np.float32)
    W, b, gamma, beta = map(array, (h_o.weight, h_o.bias, bn.weight, bn.bias))
    mean = array(bn.running_mean)
    readout.fold(W, b, gamma, beta, mean, rs, V, layout.logits, W_out, shift)
    used = layout.logits + P - V
    arrays = {
        "input_table": input_table,
        "W_hh": W_hh,
        "bias_hh": array(layer.bias_inside),
        "W_out": W_out[:used],
        "shift": shift[:used],
    }
    if network.copying is not None:
        arrays["S"] = np.zeros((V, layout.logits), np.float32)
        pointing.substitutes(array(network.copying.S), arrays["S"])
    return arrays


def settings(network: dict[str, Array], model: dict[str, Any]) -> dict[str, Any]:
    """Give what the page must know to put the arrays of a variant together.

    Args:
        network: of `engine_arrays`, of any seed.
        model: the variant's settings in its config.
    """
    V, L = len(network["input_table"]), len(network["shift"])
    if "S" in network:
        L = network["S"].shape[1]
    return {
        "V": V,
        "H": network["W_hh"].shape[1],
        "L": L,
        "recurrence": model["activation"] or model["recurrence"],
        "head": model["head"],
        "copy_reach": model["memory"],
        "shapes": [[name, array.size] for name, array in network.items()],
    }


def as_text(network: dict[str, Array]) -> str:
    """Give the arrays one after the other, little-endian, in base64."""
    flat = np.concatenate([part.reshape(-1) for part in network.values()])
    return base64.b64encode(flat.astype("<f4").tobytes()).decode("ascii")


def text_size(network: dict[str, Array]) -> int:
    """Tell how many characters `as_text` will give."""
    return -(-sum(part.nbytes for part in network.values()) // 3) * 4
