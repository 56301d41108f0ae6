"""One step of training, by either engine: from a batch to new weights.

`CompiledStep` takes it by the compiled loops of `counting.engine`, `AutogradStep` by
the definition itself under PyTorch's autograd, on any device. Both begin with the same
weights and are called in the same way.

Sizes: B windows, T tokens a window, V vocabulary, H hidden.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from counting.base.checkpoint import Arrays
from counting.base.params import Model, Recipe
from counting.base.types import Array
from counting.engine.adam import Adam
from counting.engine.backward import Backward, StepResult
from counting.engine.weights import Network as EngineNetwork
from counting.networks import Network


class Batch(NamedTuple):
    """What a step reads; time comes first."""

    tokens: Array  # (T, B) int64
    targets: Array  # (T, B) int64, NO_TARGET where nothing is scored
    no_copy: Array | None = None  # (T, B) bool, positions that may not copy
    no_own: Array | None = None  # (T, B) bool, .. say a word of their own; see loss


class Step(Protocol):
    """What a training needs of an engine."""

    def __call__(self, batch: Batch, rate: float) -> StepResult:
        """Change the weights by a batch, at a learning rate."""

    def weights(self) -> Arrays:
        """Copy the weights, by the names of the network's state_dict."""

    def state_dict(self) -> Arrays:
        """Copy all that steps change."""

    def load_state_dict(self, state: Arrays) -> None:
        """Take over what `state_dict` gave."""


class CompiledStep:
    """A step by the compiled loops.

    Args:
        model: the variant.
        recipe: how it is trained.
        V: size of the vocabulary.
    """

    def __init__(self, model: Model, recipe: Recipe, V: int) -> None:
        network = Network(model, V)
        self.tensors: Arrays = {k: t.numpy() for k, t in network.state_dict().items()}
        names = [name for name, _ in network.named_parameters()]
        names.sort(key=lambda name: name == "copying.S")  # which is never decayed
        parts = [self.tensors[name].ravel() for name in names]
        self.values, ends = np.concatenate(parts), np.cumsum([len(p) for p in parts])
        gradients, views = np.zeros_like(self.values), {}
        for name, end, part in zip(names, ends, parts, strict=True):
            shape, place = self.tensors[name].shape, slice(end - len(part), end)
            self.tensors[name] = self.values[place].reshape(shape)
            views[name] = gradients[place].reshape(shape)
        decayed = int(ends[-1]) - (len(parts[-1]) if model.copy_head else 0)
        self.optimizer = Adam(self.values, gradients, decayed, recipe.clip_norm)
        self.decay = recipe.weight_decay
        self.backward = Backward(
            EngineNetwork.of(model, self.tensors), views, recipe.bptt, model.batch_size
        )

    def __call__(self, batch: Batch, rate: float) -> StepResult:
        """See Step."""
        result = self.backward(*batch)
        self.optimizer.update(rate, self.decay)
        return result

    def weights(self) -> Arrays:
        """See Step."""
        return {name: array.copy() for name, array in self.tensors.items()}

    def state_dict(self) -> Arrays:
        """See Step."""
        return prefixed("network.", self.weights()) | prefixed(
            "optimizer.", self.optimizer.state_dict()
        )

    def load_state_dict(self, state: Arrays) -> None:
        """See Step."""
        for name, value in under("network.", state).items():
            self.tensors[name][...] = value
        self.optimizer.load_state_dict(under("optimizer.", state))


class AutogradStep:
    """A step by PyTorch: the definition under autograd, and torch.optim.

    Args:
        model: the variant.
        recipe: how it is trained.
        V: size of the vocabulary.
        device: where, such as "cpu" or "cuda".
        network: that is trained; a new one of the variant if none is given.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        V: int,
        device: str = "cpu",
        network: Network | None = None,
    ) -> None:
        network = network or Network(model, V)
        self.network, self.device = network.to(device).train(), device
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


def prefixed(prefix: str, arrays: Arrays) -> Arrays:
    """Put a prefix before every name."""
    return {prefix + name: array for name, array in arrays.items()}


def under(prefix: str, arrays: Arrays) -> Arrays:
    """Select the entries under a prefix, without it."""
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
