"""Train one variant with every seed: data/prepared -> weights, and curves by step.

A run that was stopped, in whatever way, goes on from its last saved state, and ends
with the same bytes as one that was not stopped.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from counting.base import checkpoint, files, params
from counting.base.errors import InputError
from counting.engine.compiler import portability_warning
from counting.running import cli, memory, resume
from counting.running.progress import Progress
from counting.text import streams
from counting.text.vocabulary import Vocabulary
from counting.training import loop, recombination
from counting.training.batches import Windows
from counting.training.steps import CompiledStep


def main() -> None:
    """Train or resume every seed, then write weights and curves."""
    parser = cli.Parser("stages.train", __doc__)
    parser.add_argument("--variant", required=True, help="a key of models in params")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights")
    parser.add_argument("--curves", type=Path, required=True, help="CSV for the curves")
    args = parser.parse_args()

    settings = params.load()
    model, recipe = settings.variant(args.variant)
    vocabulary = Vocabulary.load(args.prepared / "vocab.json")
    data = args.prepared / "train.safetensors"
    tokens = streams.load(data, len(vocabulary))
    memory.check(f"models.{args.variant}", model, recipe, len(vocabulary))
    steps = loop.total_steps(recipe, len(tokens), model.batch_size)
    begin = engine(settings)
    windows = Windows(tokens, recipe, model.batch_size, len(vocabulary))
    if recipe.recombine and windows.table is None:
        print(f"train: {args.variant}: {recombination.NOTHING}")
    facts = [settings.engine, settings.device, model.model_dump(), recipe.model_dump()]
    inputs = [data, args.prepared / "vocab.json", Path(__file__)]
    scratch = resume.SCRATCH / args.variant
    weights, rows, seeds = {}, [], settings.train.seeds
    with resume.exclusive(scratch):
        key = resume.fingerprint(facts, inputs)
        calls = [(model, windows, seed, begin) for seed in seeds]
        trained = trained_elsewhere(calls)
        for seed, call in zip(seeds, calls, strict=True):
            path = scratch / f"seed-{seed}.state"
            bar = Progress(f"train {args.variant}, seed {seed}", steps)
            try:
                with resume.stop_signals() as stop:
                    every = settings.train.save_every
                    keeper = resume.Keeper(path, f"{key}-{seed}", every, stop)
                    weights[seed], curves = trained.get(seed) or loop.train(
                        *call, keeper, bar
                    )
            except loop.DivergedError as error:
                raise InputError(f"{args.variant}: {error}") from None
            bar.finish(curves)
            rows += [[seed, i + 1, *point] for i, point in enumerate(curves.tolist())]
        config = checkpoint.Config(
            format=checkpoint.FORMAT,
            variant=args.variant,
            model=model,
            vocabulary=list(vocabulary.words),
            seeds=list(weights),
            trained_on=checkpoint.TrainedOn(
                texts=settings.spell.texts,
                language=settings.spell.language,
                numbers=settings.spell.train,
                engine=settings.engine,
                recipe=recipe.model_dump(),
            ),
        )
        files.write(
            {
                args.curves: files.as_csv(["seed", "step", *loop.CURVES], rows),
                **checkpoint.contents(args.out, config, weights),
            }
        )
        shutil.rmtree(scratch, ignore_errors=True)


def engine(settings: params.Params) -> loop.Begin:
    """Give what begins a training; print a line if its bits are this machine's own."""
    if settings.engine == "compiled":
        if remark := portability_warning():
            print(f"train: {remark}")
        return CompiledStep
    # PyTorch takes seconds to load
    from counting.networks import devices
    from counting.training.autograd import AutogradStep

    devices.checked(settings.device)
    print("train: engine: autograd, so the bits are this machine's own")
    return partial(AutogradStep, device=settings.device)


def trained_elsewhere(calls: list[tuple[Any, ...]]) -> dict[int, Any]:
    """Train on the cluster that COUNTING_SCHEDULER names, if any: results by seed."""
    scheduler = os.environ.get("COUNTING_SCHEDULER")
    if not scheduler:
        return {}
    from counting.running import cluster

    with cluster.connect(scheduler) as workers:
        results = workers.results(loop.train, calls)
        return {calls[index][2]: result for index, result in results}


if __name__ == "__main__":
    cli.run("train", main)
