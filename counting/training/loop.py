"""The training loop: one network, one seed, from its first step to its last.

Everything that makes up a recipe is a figure in params.yaml. The loop records loss
and accuracy at every step, and can save its whole state and go on from it.

Sizes: B windows a batch, T = bptt tokens a window, n tokens in the stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from counting.base.checkpoint import Arrays
from counting.base.params import Decay, Model, Recipe
from counting.engine.compiler import Array
from counting.engine.forward import Inference
from counting.engine.weights import Network as EngineNetwork
from counting.training import batches, resume
from counting.training.steps import Batch, CompiledStep, Hidden, Step, under

CURVES = ("loss", "last_token_accuracy", "token_accuracy")

Progress = Callable[[int, Array], None]
Begin = Callable[[Model, Recipe, int], Step]


@dataclass(frozen=True)
class Saving:
    """Where and how often a training saves its state, and what it is keyed by."""

    path: Path
    key: str
    every: int


@dataclass
class State:
    """What changes in a training beside the weights."""

    curves: Array  # (steps, 3) float32
    drawing: torch.Generator  # of windows
    costs: torch.Tensor  # (n - T,), what each window still costs
    hidden: Hidden = ()  # that the last batch ended on
    step: int = 0  # done


def train(
    model: Model,
    recipe: Recipe,
    stream: Array,
    vocabulary_size: int,
    seed: int,
    begin: Begin = CompiledStep,
    saving: Saving | None = None,
    progress: Progress | None = None,
) -> tuple[Arrays, Array]:
    """Train one network on a token stream.

    Args:
        model: the architecture, with its batch size and learning rate.
        recipe: how it is trained.
        stream: the tokens to learn, (n,), of any integer type.
        vocabulary_size: V.
        seed: fixes the initial weights and every draw after them.
        begin: gives the step of an engine, with new weights.
        saving: where to save the state and go on from, if anywhere.
        progress: called after each step with its number and its point of the curves.

    Returns:
        The weights, and the curves (steps, 3) float32: loss in nats per token,
        accuracy of the windows' last token, and of all that are scored, in [0, 1].

    Raises:
        InputError: the stream is shorter than a window.
        resume.Stopped: a signal asked to stop; the state is saved.
    """
    windows = batches.windows(stream, recipe.bptt)
    steps = total_steps(recipe, len(stream), model.batch_size)
    torch.manual_seed(seed)
    take_step = begin(model, recipe, vocabulary_size)
    now = State(
        np.zeros((steps, len(CURVES)), np.float32),
        torch.Generator().manual_seed(seed),
        torch.ones(len(windows)),
    )
    if saving and (state := resume.load(saving.path, saving.key)):
        restore(now, take_step, state)
        print(f"train: {saving.path} found: going on after step {now.step}", flush=True)

    with resume.stop_signals() as stop:
        for step in range(now.step, steps):
            if is_measuring_step(recipe, step):
                losses = token_losses(model, take_step.weights(), stream, recipe)
                assert recipe.hard is not None
                now.costs = batches.window_costs(
                    losses, recipe.bptt, recipe.burn_in, recipe.hard.power
                )
            starts = window_starts(now, model, recipe, step, len(stream))
            rows = windows[starts].astype(np.int64).T  # (T + 1, B)
            batch = Batch(
                np.ascontiguousarray(rows[:-1]),
                np.ascontiguousarray(rows[recipe.burn_in + 1 :]),
                initial_states(now, model, recipe),
                *draw_masks(model, recipe),
            )
            rate, decay = rates(model, recipe, step, steps)
            loss, correct, now.hidden = take_step(batch, rate, decay)

            accuracies = (
                correct[-1].mean(dtype=np.float32),
                correct.mean(dtype=np.float32),
            )
            now.curves[step] = (loss, *accuracies)
            now.step = step + 1
            if progress:
                progress(step, now.curves[step])
            asked = bool(stop)  # one look: a signal may come between two
            if saving and (now.step % saving.every == 0 or now.step == steps or asked):
                resume.save(saving.path, saving.key, snapshot(now, take_step))
            if asked:
                break  # stop_signals raises Stopped
    return take_step.weights(), now.curves


def total_steps(recipe: Recipe, tokens: int, batch_size: int) -> int:
    """Count the optimizer's steps in a training on a stream of `tokens`."""
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.epochs is not None
    return recipe.epochs * batches.steps_per_epoch(tokens, batch_size, recipe.bptt)


def rates(
    model: Model, recipe: Recipe, step: int, steps: int
) -> tuple[float, float | None]:
    """Give learning rate and weight decay, which are functions of the step alone.

    One-cycle (Smith and Topin 2018) in straight lines: up to the learning rate in the
    warm-up, and down to nothing after it.
    """
    rate = model.learning_rate
    if recipe.warm_up is not None:
        top = recipe.warm_up * steps
        rate *= (step + 1) / top if step + 1 <= top else (steps - step) / (steps - top)
    decay = recipe.weight_decay
    return rate, None if decay is None else decay_at(decay, step / steps)


def decay_at(decay: Decay, done: float) -> float:
    """Give the weight decay after a share of the steps."""
    if decay.at is None:
        return decay.first + (decay.then - decay.first) * done
    return decay.first if done < decay.at else decay.then


def is_measuring_step(recipe: Recipe, step: int) -> bool:
    """Tell whether the windows' costs are measured before this step."""
    hard = recipe.hard
    return hard is not None and step >= hard.from_step and step % hard.every == 0


def window_starts(
    now: State, model: Model, recipe: Recipe, step: int, tokens: int
) -> Array:
    """Choose where the windows (B,) of a step start in the stream."""
    B = model.batch_size
    if recipe.sampling == "rows":
        return batches.row_starts(step, tokens, B, recipe.bptt).numpy()
    hard = recipe.hard
    count = round(hard.share * B) if hard and step >= hard.from_step else 0
    starts = batches.random_starts(len(now.costs), B - count, now.drawing)
    if count:
        harder = batches.hard_starts(now.costs, count, now.drawing)
        starts = torch.cat([starts, harder])
    return starts[torch.randperm(B, generator=now.drawing)].numpy()


def initial_states(now: State, model: Model, recipe: Recipe) -> Hidden:
    """Give the states (B, H) that a batch starts on: zero, or another one's end."""
    if not recipe.carry or not now.hidden:
        return ()
    keep = torch.rand(model.batch_size, 1, generator=now.drawing) < recipe.carry
    return tuple(part * keep.numpy() for part in now.hidden)


def draw_masks(model: Model, recipe: Recipe) -> tuple[Array | None, Array | None]:
    """Draw the tokens (T, B) that are read as nothing, and who may not copy."""
    dropped = no_copy = None
    shape = (recipe.bptt, model.batch_size)
    if model.copy_dropout:
        no_copy = (torch.rand(shape) < model.copy_dropout).numpy()
    if model.token_dropout:
        dropped = (torch.rand(shape) < model.token_dropout).numpy()
    return dropped, no_copy


def token_losses(
    model: Model, weights: Arrays, stream: Array, recipe: Recipe
) -> torch.Tensor:
    """Measure the loss of every token of the stream, (n,), in nats.

    Windows follow each other at T - burn_in tokens, so that each token is scored once,
    with at least burn_in tokens before it; the first and last few are left at zero.
    """
    T, skip = recipe.bptt, recipe.burn_in
    every = batches.windows(stream, T)[:: T - skip]
    inference = Inference(EngineNetwork.of(model, weights))
    found = []
    for first in range(0, len(every), 64):
        rows = every[first : first + 64].T.astype(np.int64)
        reading, _ = inference(rows[:-1], rows[1:])
        found.append(reading.losses[skip:].T.ravel())
    losses, costs = np.zeros(len(stream), np.float32), np.concatenate(found)
    losses[skip + 1 : skip + 1 + len(costs)] = costs
    return torch.from_numpy(losses)


def snapshot(now: State, step: Step) -> Arrays:
    """Copy the whole state into one flat mapping of arrays."""
    return {
        **step.state_dict(),
        **{f"hidden.{i}": part for i, part in enumerate(now.hidden)},
        "curves": now.curves[: now.step],
        "costs": now.costs.numpy(),
        "random": torch.get_rng_state().numpy(),
        "drawing": now.drawing.get_state().numpy(),
    }


def restore(now: State, step: Step, state: Arrays) -> None:
    """Take over a state that `snapshot` made."""
    step.load_state_dict(state)
    now.step = len(state["curves"])
    now.curves[: now.step] = state["curves"]
    now.costs = torch.from_numpy(state["costs"])
    now.hidden = tuple(value for _, value in sorted(under("hidden.", state).items()))
    torch.set_rng_state(torch.from_numpy(state["random"]))
    now.drawing.set_state(torch.from_numpy(state["drawing"]))
