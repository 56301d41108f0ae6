"""The training loop: one network, one seed, from its first step to its last.

Everything that makes up a recipe is a figure in params.yaml. The loop records loss
and accuracy at every step, and can save its whole state and go on from it.

Sizes: B windows a batch, T = bptt tokens a window, n tokens in the stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from counting.base.params import Decay, Model, Recipe
from counting.engine.backward import Learner
from counting.engine.forward import read
from counting.networks.network import CountingModel
from counting.training import batches as batching
from counting.training import resume
from counting.training.optimizer import one_vector

CURVES = ("loss", "last_token_accuracy", "token_accuracy")

Progress = Callable[[int, Tensor], None]


@dataclass(frozen=True)
class Saving:
    """Where and how often a training saves its state, and what it is keyed by."""

    path: Path
    key: str
    every: int


@dataclass
class Training:
    """What changes in a training, and so makes up its state."""

    network: CountingModel
    learner: Learner
    optimiser: torch.optim.Optimizer
    curves: Tensor  # (steps, 3)
    drawing: torch.Generator  # of windows
    costs: Tensor  # (n - T,), what each window still costs
    ends: list[Tensor]  # recurrent states that the last batch ended on, (1, B, H) each
    step: int = 0  # done


def train(
    model: Model,
    recipe: Recipe,
    stream: Tensor,
    vocabulary_size: int,
    seed: int,
    saving: Saving | None = None,
    progress: Progress | None = None,
) -> tuple[dict[str, Tensor], Tensor]:
    """Train one network on a token stream.

    Args:
        model: the architecture, with its batch size and learning rate.
        recipe: how it is trained.
        stream: the tokens to learn, (n,) int64.
        vocabulary_size: V.
        seed: fixes the initial weights and every draw after them.
        saving: where to save the state and go on from, if anywhere.
        progress: called after each step with its number and its point of the curves.

    Returns:
        The weights, and the curves (steps, 3) float32: loss in nats per token,
        accuracy of the windows' last token, and of all that are scored, in [0, 1].

    Raises:
        InputError: the stream is shorter than a window.
        resume.Stopped: a signal asked to stop; the state is saved.
    """
    windows = batching.windows(stream, recipe.bptt)
    steps = total_steps(recipe, len(stream), model.batch_size)
    now = begin(model, recipe, vocabulary_size, seed, steps, len(windows))
    if saving and (state := resume.load(saving.path, saving.key)):
        restore(now, state)
        print(f"train: {saving.path} found: going on after step {now.step}", flush=True)

    vectors = [p for group in now.optimiser.param_groups for p in group["params"]]
    with resume.stop_signals() as stop:
        for step in range(now.step, steps):
            set_rates(now.optimiser, model, recipe, step, steps)
            if recipe.hard and measures(recipe, step):
                losses = token_losses(now.network, stream, recipe)
                now.costs = batching.window_costs(
                    losses, recipe.bptt, recipe.burn_in, recipe.hard.power
                )
            starts = draw(now, model, recipe, step, len(stream))
            batch = windows[starts]  # (B, T + 1)
            inputs, targets = batch[:, :-1], batch[:, recipe.burn_in + 1 :]
            loss, right, now.ends = now.learner(
                inputs.t(), targets.t(), carried(now, model, recipe)
            )
            if recipe.clip_norm is not None:
                nn.utils.clip_grad_norm_(vectors, recipe.clip_norm)
            now.optimiser.step()

            now.curves[step, 0] = loss
            now.curves[step, 1] = right[-1].float().mean()
            now.curves[step, 2] = right.float().mean()
            now.step = step + 1
            if progress:
                progress(step, now.curves[step])
            asked = bool(stop)  # one look: a signal may come between two
            if saving and (now.step % saving.every == 0 or now.step == steps or asked):
                resume.save(saving.path, saving.key, snapshot(now))
            if asked:
                break  # stop_signals raises Stopped
    return now.network.state_dict(), now.curves


def begin(
    model: Model, recipe: Recipe, V: int, seed: int, steps: int, windows: int
) -> Training:
    """Build a network from its seed, and all that its training needs."""
    torch.manual_seed(seed)
    network = CountingModel(model, V).train()
    table = network.copying.S if network.copying else None
    rest = [p for p in network.parameters() if p is not table]
    groups: list[dict[str, Any]] = [{"params": [one_vector(rest)]}]
    if table is not None:
        groups.append({"params": [one_vector([table])], "decays": False})
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return Training(
        network,
        Learner(network, recipe.bptt, model.batch_size, recipe.burn_in),
        kind(groups, lr=model.learning_rate, fused=True),
        torch.zeros(steps, len(CURVES)),
        torch.Generator().manual_seed(seed),
        torch.ones(windows),
        [],
    )


def total_steps(recipe: Recipe, tokens: int, batch_size: int) -> int:
    """Count the optimiser's steps in a training on a stream of `tokens`."""
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.epochs is not None
    return recipe.epochs * batching.steps_per_epoch(tokens, batch_size, recipe.bptt)


def set_rates(
    optimiser: torch.optim.Optimizer,
    model: Model,
    recipe: Recipe,
    step: int,
    steps: int,
) -> None:
    """Set learning rate and weight decay, which are functions of the step alone.

    One-cycle (Smith and Topin 2018) in straight lines: up to the learning rate in the
    warm-up, and down to nothing after it.
    """
    rate = model.learning_rate
    if recipe.warm_up is not None:
        top = recipe.warm_up * steps
        rate *= (step + 1) / top if step + 1 <= top else (steps - step) / (steps - top)
    for group in optimiser.param_groups:
        group["lr"] = rate
        if decay := recipe.weight_decay:
            value = decay_at(decay, step / steps) if group.get("decays", True) else 0.0
            group["weight_decay"] = value


def decay_at(decay: Decay, done: float) -> float:
    """Give the weight decay after a share of the steps."""
    if decay.at is None:
        return decay.first + (decay.then - decay.first) * done
    return decay.first if done < decay.at else decay.then


def measures(recipe: Recipe, step: int) -> bool:
    """Tell whether the windows' costs are measured before this step."""
    hard = recipe.hard
    return hard is not None and step >= hard.from_step and step % hard.every == 0


def draw(now: Training, model: Model, recipe: Recipe, step: int, tokens: int) -> Tensor:
    """Choose where the windows (B,) of a step start in the stream."""
    B = model.batch_size
    if recipe.sampling == "rows":
        return batching.row_starts(step, tokens, B, recipe.bptt)
    hard = recipe.hard
    count = round(hard.share * B) if hard and step >= hard.from_step else 0
    starts = batching.random_starts(len(now.costs), B - count, now.drawing)
    if count:
        harder = batching.hard_starts(now.costs, count, now.drawing)
        starts = torch.cat([starts, harder])
    return starts[torch.randperm(B, generator=now.drawing)]


def carried(now: Training, model: Model, recipe: Recipe) -> list[Tensor]:
    """Give the states (1, B, H) that a batch starts on: zero, or another one's end."""
    if not recipe.carry or not now.ends:
        return []
    keep = torch.rand(model.batch_size, 1, generator=now.drawing) < recipe.carry
    return [part * keep for part in now.ends]


def token_losses(network: CountingModel, stream: Tensor, recipe: Recipe) -> Tensor:
    """Measure the loss of every token of the stream, (n,), in nats.

    Windows follow each other at T - burn_in tokens, so that each token is scored once,
    with at least burn_in tokens before it; the first and last few are left at zero.
    """
    T, skip = recipe.bptt, recipe.burn_in
    windows = stream.unfold(0, T + 1, T - skip)
    costs = [nats.t().flatten() for *_, nats in read(network, windows, skip)]
    losses, found = torch.zeros(len(stream)), torch.cat(costs)
    losses[skip + 1 : skip + 1 + len(found)] = found
    return losses


def snapshot(now: Training) -> resume.State:
    """Copy the state into one flat mapping of tensors."""
    state = {f"network.{k}": v for k, v in now.network.state_dict().items()}
    for index, slots in now.optimiser.state_dict()["state"].items():
        state |= {f"optimiser.{index}.{name}": value for name, value in slots.items()}
    state |= {f"ends.{i}": part for i, part in enumerate(now.ends)}
    state["curves"] = now.curves[: now.step]
    state["costs"] = now.costs
    state["random"] = torch.get_rng_state()
    state["drawing"] = now.drawing.get_state()
    return {name: value.clone().contiguous() for name, value in state.items()}


def restore(now: Training, state: resume.State) -> None:
    """Take over a state that `snapshot` made."""
    now.network.load_state_dict(_under("network.", state))
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimiser.", state).items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = value
    whole = now.optimiser.state_dict()
    now.optimiser.load_state_dict({**whole, "state": slots})
    now.step = len(state["curves"])
    now.curves[: now.step] = state["curves"]
    now.costs = state["costs"]
    now.ends = list(_under("ends.", state).values())
    torch.set_rng_state(state["random"])
    now.drawing.set_state(state["drawing"])


def _under(prefix: str, state: resume.State) -> resume.State:
    """Select the entries under a prefix, without it, in order."""
    names = sorted(name for name in state if name.startswith(prefix))
    return {name.removeprefix(prefix): state[name] for name in names}
