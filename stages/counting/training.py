"""The training loop: one network, one seed, from its first step to its last.

Everything that makes up a recipe is a figure in params.yaml. The loop records loss
and accuracy at every step, and can save its whole state and go on from it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.counting import batching, resume
from stages.counting.models import CountingModel
from stages.counting.params import Model, Recipe

CURVES = ("loss", "last_token_accuracy", "token_accuracy")

Progress = Callable[[int, Tensor], None]


@dataclass(frozen=True)
class Saving:
    """Where and how often a training saves its state, and what it is keyed by."""

    path: Path
    key: str
    every: int


def total_steps(recipe: Recipe, tokens: int, batch_size: int) -> int:
    """Count the optimiser's steps in a training on a stream of `tokens`."""
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.epochs is not None
    return recipe.epochs * batching.steps_per_epoch(tokens, batch_size, recipe.bptt)


def train(
    model: Model,
    recipe: Recipe,
    stream: Tensor,
    vocabulary_size: int,
    seed: int,
    saving: Saving | None = None,
    progress: Progress = lambda step, curve: None,
) -> tuple[dict[str, Tensor], Tensor]:
    """Train one network on a token stream (n,) int64.

    Args:
        model: the architecture, with its batch size and learning rate.
        recipe: how it is trained.
        stream: the tokens to learn, (n,) int64.
        vocabulary_size: V.
        seed: fixes the initial weights and every draw after them.
        saving: where to save the state and go on from, if anywhere.
        progress: called after each step with its number and curve.

    Returns:
        The weights, and the curves (steps, 3) float32: loss in nats per token,
        accuracy of the last token of the windows, and of all their tokens, in [0, 1].

    Raises:
        InputError: the stream is shorter than a window.
        resume.Stopped: a signal asked to stop; the state is saved.
    """
    torch.manual_seed(seed)
    network = CountingModel(model, vocabulary_size).train()
    optimiser = torch.optim.Adam(
        network.parameters(), lr=model.learning_rate, fused=True
    )
    windows = batching.windows(stream, recipe.bptt)
    steps = total_steps(recipe, len(stream), model.batch_size)
    curves = torch.zeros(steps, len(CURVES))
    parts = Parts(network, optimiser, curves)
    start = restore(parts, saving) if saving else 0

    with resume.stop_signals() as stop:
        for step in range(start, steps):
            starts = batching.row_starts(
                step, len(stream), model.batch_size, recipe.bptt
            )
            batch = windows[starts]  # (B, T + 1)
            inputs, targets = batch[:, :-1], batch[:, 1:]  # (B, T) each
            logits, _ = network(inputs)  # (B, T, V)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()

            right = logits.detach().argmax(-1) == targets  # (B, T)
            curves[step, 0] = loss.detach()
            curves[step, 1] = right[:, -1].float().mean()
            curves[step, 2] = right.float().mean()
            progress(step, curves[step])
            done = step + 1
            if saving and (done % saving.every == 0 or done == steps or stop):
                resume.save(saving.path, saving.key, snapshot(parts, done))
            if stop:
                raise resume.Stopped(128 + signal.Signals(stop[0]))
    return network.state_dict(), curves


@dataclass(frozen=True)
class Parts:
    """What changes in a training, and so makes up its state."""

    network: CountingModel
    optimiser: torch.optim.Optimizer
    curves: Tensor


def snapshot(parts: Parts, step: int) -> resume.State:
    """Copy the state after `step` steps into one flat mapping of tensors."""
    state = {f"network.{k}": v for k, v in parts.network.state_dict().items()}
    for index, slots in parts.optimiser.state_dict()["state"].items():
        state |= {f"optimiser.{index}.{name}": value for name, value in slots.items()}
    state["curves"] = parts.curves[:step]
    state["random"] = torch.get_rng_state()
    return {name: value.clone().contiguous() for name, value in state.items()}


def restore(parts: Parts, saving: Saving) -> int:
    """Take over a saved state; returns the number of steps it has done, or 0."""
    state = resume.load(saving.path, saving.key)
    if state is None:
        return 0
    parts.network.load_state_dict(_under("network.", state))
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimiser.", state).items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = value
    whole = parts.optimiser.state_dict()
    parts.optimiser.load_state_dict({**whole, "state": slots})
    done = len(state["curves"])
    parts.curves[:done] = state["curves"]
    torch.set_rng_state(state["random"])
    return done


def _under(prefix: str, state: resume.State) -> resume.State:
    """Select the entries under a prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
