"""Adam and AdamW over all parameters as one vector."""

from __future__ import annotations

import torch
from torch import nn

from counting.base.checkpoint import Arrays
from counting.base.params import Recipe
from counting.engine.compiler import Array


class Adam:
    """Adam, or AdamW where the recipe has a weight decay; see torch.optim.

    Args:
        values: the parameters, (n,) float32; changed by each update.
        gradients: (n,), of them.
        decayed: how many of the first parameters the weight decay is for.
        recipe: says which, and how gradients are clipped.
    """

    def __init__(
        self, values: Array, gradients: Array, decayed: int, recipe: Recipe
    ) -> None:
        self.vectors = []
        for part in (slice(0, decayed), slice(decayed, len(values))):
            vector = nn.Parameter(torch.from_numpy(values[part]))
            vector.grad = torch.from_numpy(gradients[part])
            self.vectors.append(vector)
        self.vectors = [vector for vector in self.vectors if len(vector)]
        kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
        groups = [{"params": [vector]} for vector in self.vectors]
        self.optimizer = kind(groups, lr=1.0, fused=True)
        self.clip_norm = recipe.clip_norm

    def update(self, rate: float, decay: float | None) -> None:
        """Change the parameters by their gradients."""
        for index, group in enumerate(self.optimizer.param_groups):
            group["lr"] = rate
            if decay is not None:
                group["weight_decay"] = 0.0 if index else decay
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.vectors, self.clip_norm)
        self.optimizer.step()

    def state_dict(self) -> Arrays:
        """Copy what it remembers."""
        return {
            f"{index}.{name}": value.numpy().copy()
            for index, slots in self.optimizer.state_dict()["state"].items()
            for name, value in slots.items()
        }

    def load_state_dict(self, state: Arrays) -> None:
        """Take over what `state_dict` gave."""
        slots: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in state.items():
            index, _, name = key.partition(".")
            slots.setdefault(int(index), {})[name] = torch.from_numpy(value)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
