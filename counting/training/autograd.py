"""One step of training by PyTorch: the definition under autograd, and torch.optim.

It runs on any device, and trains a recurrence of your own, unknown to the engine.

Sizes: B windows, T tokens a window, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from counting.base.checkpoint import Arrays
from counting.base.models import Model, Recipe
from counting.base.types import Array
from counting.engine.backward import StepResult
from counting.networks import Network, devices, initial
from counting.training.steps import Batch, prefixed, under


class AutogradStep:
    """A step by PyTorch: the definition under autograd, and torch.optim.

    Args:
        model: the variant.
        recipe: how it is trained.
        V: size of the vocabulary.
        seed: fixes the initial weights.
        device: where, such as "cpu" or "cuda".
        build: makes the network from a variant and V.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        V: int,
        seed: int,
        device: str = "cpu",
        build: Callable[[Model, int], Network] = Network,
    ) -> None:
        torch.set_num_threads(1)  # at these sizes, more of them are slower
        torch.manual_seed(seed)  # for layers that draw their own initial weights
        network = build(model, V)
        state = network.state_dict()
        for name, values in initial.weights(model, V, seed).items():
            if name in state:  # state holds views, so this sets the network's weights
                state[name].copy_(torch.from_numpy(values))
        self.network, self.device = network.to(devices.checked(device)).train(), device
        table = self.network.copying.S if self.network.copying else None
        rest = [p for p in self.network.parameters() if p is not table]
        groups: list[Any] = [{"params": rest, "weight_decay": recipe.weight_decay or 0}]
        if table is not None:
            groups.append({"params": [table], "weight_decay": 0.0})
        kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
        self.optimizer = kind(groups, lr=1.0)
        self.recipe = recipe

    def __call__(self, batch: Batch, rate: float) -> StepResult:
        """See Step."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        read: list[Any] = [self.tensor(array) for array in batch]
        loss, log_p = self.network.loss(*read)
        self.optimizer.zero_grad()
        loss.backward()
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        predicted = log_p.argmax(-1).T.cpu().numpy()  # (T, B)
        return StepResult(loss.item(), predicted == batch.targets)

    def tensor(self, array: Array | None) -> Tensor | None:
        """Put an array (T, B) on the device as (B, T)."""
        return None if array is None else torch.from_numpy(array.T).to(self.device)

    def weights(self) -> Arrays:
        """See Step."""
        state = self.network.state_dict()
        return {name: t.cpu().numpy().copy() for name, t in state.items()}

    def state_dict(self) -> Arrays:
        """See Step."""
        slots = {
            f"{index}.{name}": value.cpu().numpy()
            for index, slots in self.optimizer.state_dict()["state"].items()
            for name, value in slots.items()
        }
        return prefixed("network.", self.weights()) | prefixed("optimizer.", slots)

    def load_state_dict(self, state: Arrays) -> None:
        """See Step."""
        weights = under("network.", state)
        self.network.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in under("optimizer.", state).items():
            index, _, name = key.partition(".")
            slots.setdefault(int(index), {})[name] = torch.tensor(value)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
