"""The training loop: one network, one seed, from its first step to its last.

All settings are in params.yaml. The loop records loss and accuracy at every step, and
can save its whole state and resume from it.

Sizes: B windows a batch, T = bptt tokens a window, n tokens in the stream.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from counting.base.checkpoint import Arrays
from counting.base.errors import InputError
from counting.base.models import Model, Recipe
from counting.base.types import NO_TARGET, Array
from counting.training import batches
from counting.training.batches import Windows
from counting.training.steps import Batch, CompiledStep, Step, prefixed, under

CURVES = ("loss", "last_token_accuracy", "token_accuracy")

Progress = Callable[[int, Array], None]
Begin = Callable[[Model, Recipe, int, int], Step]  # V and the seed


class Keeper(Protocol):
    """Keeps the state of a training on disk, so that nothing is lost."""

    def load(self) -> Arrays | None:
        """Give the saved state of this very training, if there is one."""

    def after(self, step: int, steps: int, snapshot: Callable[[], Arrays]) -> None:
        """Save a snapshot after a step, of so many, when it is time to."""


@dataclass
class Training:
    """The state of a training, beside the weights and the optimizer's."""

    curves: Array  # (steps, 3) float32
    drawing: np.random.Generator
    step: int = 0  # steps done
    sums: Arrays = field(default_factory=dict)  # of weights to be averaged, float64


class DivergedError(InputError):
    """The loss or a weight is not finite."""

    def __init__(self, found: str, seed: int, model: Model, recipe: Recipe) -> None:
        super().__init__(
            f"seed {seed}: {found}, expected a number: lower learning_rate "
            f"{model.learning_rate}, or clip_norm {recipe.clip_norm} of the recipe "
            f"{model.recipe}"
        )


def train(
    model: Model,
    windows: Windows,
    seed: int,
    begin: Begin = CompiledStep,
    keeper: Keeper | None = None,
    progress: Progress | None = None,
) -> tuple[Arrays, Array]:
    """Train one network on the windows of a token stream.

    Args:
        model: the architecture, with its batch size and learning rate.
        windows: the windows it reads, with the recipe by which it is trained.
        seed: fixes the initial weights and every draw after them.
        begin: makes the step of an engine, with initial weights.
        keeper: saves the state, and gives it back after a stop; None: it is not saved.
        progress: called after each step with its number and its row of the curves.

    Returns:
        The weights, and the curves (steps, 3) float32: loss in nats per token,
        accuracy of the windows' last token, and of all that are scored, in [0, 1].

    Raises:
        DivergedError: the loss or, in a saved state or in the end, a weight is not
            finite; a copy head can have a finite loss without finite weights.
    """
    recipe = windows.recipe
    steps = total_steps(recipe, len(windows.stream), model.batch_size)
    averaged = round(recipe.average * steps)
    take_step = begin(model, recipe, windows.V, seed)
    curves = np.zeros((steps, len(CURVES)), np.float32)
    training = Training(curves, np.random.default_rng(seed))
    if keeper and (saved := keeper.load()):
        restore(training, take_step, saved)

    def check(weights: Arrays) -> None:
        for name, part in weights.items():
            if not np.isfinite(part).all():
                found = f"{name} is not finite after step {training.step}"
                raise DivergedError(found, seed, model, recipe)

    def snapshot_checked() -> Arrays:
        check(take_step.weights())
        return snapshot(training, take_step)

    # an overflow shows in the loss or in the weights, which are checked
    with np.errstate(all="ignore"):
        for step in range(training.step, steps):
            batch = draw_batch(windows, model, step, training.drawing)
            loss, correct = take_step(batch, learning_rate(model, recipe, step, steps))
            if not math.isfinite(loss):
                found = f"the loss is {loss} at step {step + 1}"
                raise DivergedError(found, seed, model, recipe)
            training.curves[step] = loss, *accuracies(correct, batch.targets)
            training.step = step + 1
            if step >= steps - averaged:
                add(training.sums, take_step.weights())
            if progress:
                progress(step, training.curves[step])
            if keeper:
                keeper.after(training.step, steps, snapshot_checked)
    last = take_step.weights()
    weights = mean(training.sums, averaged, last) or last
    check(weights)
    return weights, training.curves


def total_steps(recipe: Recipe, tokens: int, batch_size: int) -> int:
    """Count the optimizer's steps in a training on a stream of `tokens`."""
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.epochs is not None
    return recipe.epochs * batches.steps_per_epoch(tokens, batch_size, recipe.bptt)


def learning_rate(model: Model, recipe: Recipe, step: int, steps: int) -> float:
    """Give the learning rate of a step.

    One-cycle (Smith and Topin 2018), linear: from zero up to the variant's rate in the
    warm-up, and back down to zero after it. Without warm-up it is constant.
    """
    rate = model.learning_rate
    if recipe.warm_up is None:
        return rate
    top = recipe.warm_up * steps
    return rate * (
        (step + 1) / top if step + 1 <= top else (steps - step) / (steps - top)
    )


def draw_batch(
    windows: Windows, model: Model, step: int, drawing: np.random.Generator
) -> Batch:
    """Draw the windows of a step, and the positions (T, B) that may not copy."""
    rows, read, known = windows.draw(step, drawing)
    targets = np.where(known, rows[:, 1:], NO_TARGET)
    tokens, read, targets = (
        np.ascontiguousarray(part.T) for part in (rows[:, :-1], read, targets)
    )
    no_copy = None
    if model.copy_head and model.copy_head.no_copy:
        no_copy = drawing.random(tokens.shape, np.float32) < model.copy_head.no_copy
    return Batch(tokens, targets, no_copy, read)


def add(sums: Arrays, weights: Arrays) -> None:
    """Add weights to their sums in float64."""
    for name, part in weights.items():
        sums[name] = sums.get(name, 0.0) + part.astype(np.float64)


def mean(sums: Arrays, count: int, last: Arrays) -> Arrays:
    """Give the means of weights that were summed over so many steps, typed as the last.

    Late in training the weights circle around a point that is better than any of them
    (Polyak and Juditsky 1992).
    """
    return {
        name: np.asarray(total / count, last[name].dtype)
        for name, total in sums.items()
    }


def accuracies(correct: Array, targets: Array) -> tuple[float, float]:
    """Give the accuracies of the last tokens of windows and of all tokens, in [0, 1].

    Of those that have loss, in (T, B); 0 where there are none.
    """
    scored = targets != NO_TARGET
    last = float(correct[-1].sum() / max(1, scored[-1].sum()))
    return last, float(correct.sum() / max(1, scored.sum()))


def snapshot(training: Training, step: Step) -> Arrays:
    """Copy the whole state into one dictionary of arrays."""
    drawing = json.dumps(training.drawing.bit_generator.state).encode()
    return {
        **step.state_dict(),
        **prefixed("average.", training.sums),
        "curves": training.curves[: training.step],
        "drawing": np.frombuffer(drawing, np.uint8),
    }


def restore(training: Training, step: Step, state: Arrays) -> None:
    """Load a state that `snapshot` made."""
    step.load_state_dict(state)
    training.sums = under("average.", state)
    training.step = len(state["curves"])
    training.curves[: training.step] = state["curves"]
    training.drawing.bit_generator.state = json.loads(state["drawing"].tobytes())
