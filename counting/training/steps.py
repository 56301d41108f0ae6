"""One step of training, by either engine: from a batch to new weights.

`CompiledStep` uses the compiled loops of `counting.engine`, without PyTorch;
`AutogradStep` of autograd.py uses the definition itself, on any device. Both begin with
the same weights and are called in the same way.

Sizes: B windows, T tokens a window, V vocabulary, H hidden.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from counting.base import parameters
from counting.base.checkpoint import Arrays
from counting.base.models import Model, Recipe
from counting.base.types import Array
from counting.engine.adam import Adam
from counting.engine.backward import Backward, StepResult
from counting.engine.weights import Weights
from counting.networks import initial


class Batch(NamedTuple):
    """What a step reads; the first axis is time."""

    tokens: Array  # (T, B) int64
    targets: Array  # (T, B) int64, NO_TARGET where there is no loss
    no_copy: Array | None = None  # (T, B) bool, positions that may not copy
    read: Array | None = None  # (T, B) int64, what the recurrence reads instead


class Step(Protocol):
    """What the training loop needs of an engine."""

    def __call__(self, batch: Batch, rate: float) -> StepResult:
        """Update the weights by a batch, at a learning rate."""

    def weights(self) -> Arrays:
        """Copy the weights, with the names of the network's state_dict."""

    def state_dict(self) -> Arrays:
        """Copy the weights and the optimizer's state."""

    def load_state_dict(self, state: Arrays) -> None:
        """Load what `state_dict` gave."""


class CompiledStep:
    """A step by the compiled loops of the engine.

    Args:
        model: the variant.
        recipe: how it is trained.
        V: size of the vocabulary.
        seed: fixes the initial weights.
    """

    def __init__(self, model: Model, recipe: Recipe, V: int, seed: int) -> None:
        self.tensors = initial.weights(model, V, seed)
        known = parameters.tensors(model, V).items()
        names = [name for name, tensor in known if tensor.learned]
        names.sort(key=lambda name: name == "copying.S")  # last: it is not decayed
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
            Weights.of(model, self.tensors), views, recipe.bptt, model.batch_size
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


def prefixed(prefix: str, arrays: Arrays) -> Arrays:
    """Put a prefix before every name."""
    return {prefix + name: array for name, array in arrays.items()}


def under(prefix: str, arrays: Arrays) -> Arrays:
    """Select the entries under a prefix, without it."""
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
