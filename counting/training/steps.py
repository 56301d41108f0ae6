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
import torch.nn.functional as F
from torch import Tensor, nn

from counting.base.checkpoint import Arrays
from counting.base.params import Model, Recipe
from counting.engine.adam import Adam
from counting.engine.backward import Backward
from counting.engine.compiler import Array
from counting.engine.weights import Network as EngineNetwork
from counting.networks import Network

Hidden = tuple[Array, ...]  # of the recurrence, (B, H) each: h, and c of an LSTM


class Batch(NamedTuple):
    """What a step reads; time comes first."""

    tokens: Array  # (T, B) int64
    targets: Array  # (T - skip, B) int64
    hidden: Hidden  # before the first token; empty for zeros
    dropped: Array | None  # (T, B) bool, tokens that are read as nothing
    no_copy: Array | None  # (T, B) bool, positions that may not copy


class StepResult(NamedTuple):
    """What a step tells."""

    loss: float  # mean over the scored positions, in nats per token
    correct: Array  # (T - skip, B) bool: the target is the most probable token
    hidden: Hidden  # after the last token


class Step(Protocol):
    """What a training needs of an engine."""

    def __call__(self, batch: Batch, rate: float, decay: float | None) -> StepResult:
        """Change the weights by a batch."""

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
        decayed = int(ends[-1]) - (len(parts[-1]) if model.memory else 0)
        self.optimizer = Adam(self.values, gradients, decayed, recipe.clip_norm)
        self.backward = Backward(
            EngineNetwork.of(model, self.tensors), views,
            recipe.bptt, model.batch_size, recipe.burn_in,
        )  # fmt: skip

    def __call__(self, batch: Batch, rate: float, decay: float | None) -> StepResult:
        """See Step."""
        start = self.backward.start()
        if batch.hidden:
            start = start._replace(**dict(zip("hc", batch.hidden, strict=False)))
        loss, correct, end = self.backward(
            batch.tokens, batch.targets, start, batch.dropped, batch.no_copy
        )
        self.optimizer.update(rate, decay)
        parts = 1 + self.backward.network.recurrence.has_cell
        return StepResult(loss, correct, (end.h, end.c)[:parts])

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
    """

    def __init__(
        self, model: Model, recipe: Recipe, V: int, device: str = "cpu"
    ) -> None:
        self.network, self.device = Network(model, V).to(device).train(), device
        table = self.network.copying.S if self.network.copying else None
        rest = [p for p in self.network.parameters() if p is not table]
        groups = [{"params": rest}, {"params": [] if table is None else [table]}]
        kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
        self.optimizer = kind([g for g in groups if g["params"]], lr=1.0)
        self.recipe = recipe

    def __call__(self, batch: Batch, rate: float, decay: float | None) -> StepResult:
        """See Step."""
        for index, group in enumerate(self.optimizer.param_groups):
            group["lr"] = rate
            if decay is not None:
                group["weight_decay"] = 0.0 if index else decay
        tokens, targets, dropped, no_copy = map(
            self.tensor, (batch.tokens, batch.targets, batch.dropped, batch.no_copy)
        )
        assert tokens is not None
        assert targets is not None
        log_p, (hidden, _) = self.network(
            tokens, self.state_of(batch.hidden),
            dropped=dropped, no_copy=no_copy, skip=self.recipe.burn_in,
        )  # fmt: skip
        loss = F.nll_loss(log_p.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        parts = hidden if isinstance(hidden, tuple) else (hidden,)
        correct = (log_p.argmax(-1) == targets).T.cpu().numpy()
        ends = tuple(part.detach()[0].cpu().numpy() for part in parts)
        return StepResult(loss.item(), correct, ends)

    def tensor(self, array: Array | None) -> Tensor | None:
        """Put an array (T, B) on the device as (B, T)."""
        return None if array is None else torch.from_numpy(array.T).to(self.device)

    def state_of(self, hidden: Hidden) -> Any:
        """Give the state (1, B, H) that PyTorch's layers take."""
        parts = [torch.from_numpy(part)[None].to(self.device) for part in hidden]
        if not parts:
            return None
        return (parts[0] if len(parts) == 1 else tuple(parts)), None

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
