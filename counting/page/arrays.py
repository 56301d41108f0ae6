"""Trained networks as the page's engine needs them: prepared arrays, as text.

The engine in the page computes as the compiled one does. Whatever is independent of the
state is computed here, by the compiled kernels themselves: a table with the input side
of each token, batch norm fused into the head, the copy head's table of substitutes.
This also takes a third less room than the weights of a checkpoint.

Sizes: V vocabulary, H hidden, G gates, L columns of the logits, P projected values.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from counting.base.types import Array
from counting.engine import copy_head, linear_head
from counting.engine.forward import EPS
from counting.engine.matmul import affine
from counting.engine.weights import Weights, head


def engine_arrays(network: Weights) -> dict[str, Array]:
    """Give the arrays that the engine needs of a trained network, float32.

    Returns:
        input_table (V, G * H), biases included; W_hh (G * H, H); bias_hh (3 * H,) of a
        GRU, else (0,); W_out (L + P - V, H) and shift (L + P - V,), including
        batch norm; S (V, L) of a copy head.
    """
    (V, H), tensors = network.embedding.shape, network.tensors
    layout = linear_head.Layout.of(V, len(tensors["h_o.bias"]))
    W, b = network.input_side()
    input_table = np.zeros((V, len(b)), np.float32)
    affine(input_table, network.embedding, W, b)
    rs = 1 / np.sqrt(tensors["bn.running_var"] + np.float32(EPS))
    fused = linear_head.Fused(
        np.zeros((layout.columns, H), np.float32), np.zeros(layout.columns, np.float32)
    )
    linear_head.fuse_batch_norm(
        head(tensors), tensors["bn.running_mean"], rs, layout, fused
    )
    used = layout.logits + layout.P - V
    along = network.along_time()
    arrays = {
        "input_table": input_table,
        "W_hh": along.W_hh,
        "bias_hh": along.b_hh,
        "W_out": fused.W[:used],
        "shift": fused.b[:used],
    }
    if network.reach:
        arrays["S"] = np.zeros((V, layout.logits), np.float32)
        sharpness = np.float32(network.sharpness)
        copy_head.substitution_softmax(tensors["copying.S"], sharpness, arrays["S"])
    return arrays


def settings(network: Mapping[str, Array], model: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings with which the page puts the arrays of a variant together.

    Args:
        network: from `engine_arrays`, of any seed.
        model: the variant's section of params.yaml.
    """
    L = len(network["shift"])
    return {
        "V": len(network["input_table"]),
        "H": network["W_hh"].shape[1],
        "L": network["S"].shape[1] if "S" in network else L,
        "recurrence": model["activation"] or model["recurrence"],
        "head": "copy" if model["copy_head"] else "linear",
        "copy_reach": model["copy_head"]["reach"] if model["copy_head"] else None,
        "shapes": [[name, array.size] for name, array in network.items()],
    }


def as_text(network: Mapping[str, Array]) -> str:
    """Give all values in the order of the arrays, little-endian, in base64."""
    flat = np.concatenate([part.reshape(-1) for part in network.values()])
    return base64.b64encode(flat.astype("<f4").tobytes()).decode("ascii")
