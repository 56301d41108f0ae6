"""The tensors of a network: names, shapes, and the distributions of initial weights.

Names and order are those of the state_dict of `counting.networks.Network`, known here
without loading PyTorch. Distributions are those that PyTorch documents for its layers.

Sizes: V vocabulary, H hidden, G gates, P rows of the linear layer.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from counting.base import recurrences
from counting.base.models import Model


class Tensor(NamedTuple):
    """One tensor of a network."""

    shape: tuple[int, ...]
    # "its own": drawn by the module itself, a recurrence of your own
    start: Literal["normal", "uniform", "constant", "its own"]
    scale: float = 0.0  # the bound of a uniform draw, or the constant
    learned: bool = True  # running statistics are not
    dtype: str = "float32"


def tensors(model: Model, V: int) -> dict[str, Tensor]:
    """Give every tensor of a network with a vocabulary of V, by name."""
    H, copy = model.hidden_size, model.copy_head
    P, bound = V + 2 * H + 3 if copy else V, 1 / math.sqrt(H)
    zeros, ones = (Tensor((H,), "constant", value) for value in (0.0, 1.0))
    return {
        "i_h.weight": Tensor((V, H), "normal"),
        **{f"layer.{name}": tensor for name, tensor in layer(model).items()},
        "bn.weight": ones,
        "bn.bias": zeros,
        "bn.running_mean": zeros._replace(learned=False),
        "bn.running_var": ones._replace(learned=False),
        "bn.num_batches_tracked": Tensor((), "constant", 0.0, False, "int64"),
        **({"copying.S": Tensor((V, V), "constant")} if copy else {}),
        "h_o.weight": Tensor((P, H), "uniform", bound),
        "h_o.bias": Tensor((P,), "uniform", bound),
    }


def layer(model: Model) -> dict[str, Tensor]:
    """Give the tensors of the recurrence; a module of your own is built and asked."""
    H, G = model.hidden_size, {"gru": 3, "lstm": 4}.get(model.recurrence, 1)
    if model.recurrence in recurrences.OWN:
        module = recurrences.own(model.recurrence)(H)
        learned = dict(module.named_parameters())
        return {
            name: Tensor(
                tuple(t.shape), "its own", 0.0, name in learned,
                str(t.dtype).removeprefix("torch."),
            )
            for name, t in module.state_dict().items()
        }  # fmt: skip
    shapes: dict[str, tuple[int, ...]]
    if model.recurrence == "loop":
        shapes = {"h_h.weight": (H, H), "h_h.bias": (H,)}
    else:
        shapes = {f"weight_{side}_l0": (G * H, H) for side in ("ih", "hh")}
        shapes |= {f"bias_{side}_l0": (G * H,) for side in ("ih", "hh")}
    bound = 1 / math.sqrt(H)
    return {name: Tensor(shape, "uniform", bound) for name, shape in shapes.items()}
