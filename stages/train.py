"""Train one variant with every seed: data/prepared -> weights, and curves by step.

A run that was stopped, in whatever way, goes on where it last saved its state, and
ends with the same bytes as one that was not.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from functools import partial
from pathlib import Path

from tqdm import tqdm

from counting.base import checkpoint, cli, files, params
from counting.base.errors import InputError
from counting.engine.compiler import Array, portability_warning
from counting.text import streams
from counting.text.vocabulary import Vocabulary
from counting.training import loop, memory, resume
from counting.training.steps import AutogradStep, CompiledStep

LOG_EVERY = 15  # seconds between two lines where there is no terminal


class Progress:
    """A bar with loss and accuracy on a terminal, a line now and then in a log."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps = label, steps
        self.bar = tqdm(
            total=steps, desc=label, leave=False, disable=not sys.stderr.isatty()
        )
        self.said = time.monotonic()

    def __call__(self, step: int, curve: Array) -> None:
        """Show one step; curve holds loss and the two accuracies."""
        if not self.bar.disable:
            self.bar.update(step + 1 - self.bar.n)
            self.bar.set_postfix_str(self.describe(curve), refresh=False)
        elif time.monotonic() - self.said > LOG_EVERY:
            self.said = time.monotonic()
            print(
                f"{self.label}: step {step + 1}/{self.steps}, {self.describe(curve)}",
                flush=True,
            )

    def finish(self, curves: Array) -> None:
        """Close the bar and leave one line of how the training ended."""
        self.bar.close()
        ending = self.describe(curves[-20:].mean(0))
        print(f"{self.label}: {self.steps} steps, at the end {ending}", flush=True)

    @staticmethod
    def describe(curve: Array) -> str:
        """Put a curve's point into words."""
        loss, last, all_tokens = curve.tolist()
        return f"loss {loss:.3f}, accuracy {all_tokens:.3f} (last token {last:.3f})"


def main() -> None:
    """Train, resume, and write weights and curves once all seeds are done."""
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
    if settings.engine == "compiled":
        begin: loop.Begin = CompiledStep
        remark = portability_warning()
    else:
        begin = partial(AutogradStep, device=settings.device)
        remark = "engine: autograd, so the bits are this machine's own"
    if remark:
        print(f"train: {remark}")
    facts = [settings.engine, settings.device, model.model_dump(), recipe.model_dump()]
    inputs = [data, args.prepared / "vocab.json", Path(__file__)]
    scratch = resume.SCRATCH / args.variant
    steps = loop.total_steps(recipe, len(tokens), model.batch_size)
    weights, rows, seeds = {}, [], settings.train.seeds
    with resume.exclusive(scratch):
        trained = {}
        if scheduler := os.environ.get("COUNTING_SCHEDULER"):
            from counting.training import cluster

            calls = [(model, recipe, tokens, len(vocabulary), seed) for seed in seeds]
            with cluster.connect(scheduler) as client:
                results = cluster.results(client, loop.train, calls)
                trained = {seeds[index]: result for index, result in results}
        for seed in seeds:
            saving = loop.Saving(
                scratch / f"seed-{seed}.state",
                resume.fingerprint([*facts, seed], inputs),
                settings.train.save_every,
            )
            progress = Progress(f"train {args.variant}, seed {seed}", steps)
            try:
                weights[seed], curves = trained.get(seed) or loop.train(
                    model,
                    recipe,
                    tokens,
                    len(vocabulary),
                    seed,
                    begin,
                    saving,
                    progress,
                )
            except loop.DivergedError as error:
                raise InputError(f"{args.variant}: {error}") from None
            progress.finish(curves)
            rows += [[seed, i + 1, *point] for i, point in enumerate(curves.tolist())]
        config = checkpoint.Config(
            format=checkpoint.FORMAT,
            variant=args.variant,
            model=model,
            vocabulary=list(vocabulary.words),
            seeds=list(weights),
        )
        files.write(
            {
                args.curves: files.as_csv(["seed", "step", *loop.CURVES], rows),
                **checkpoint.contents(args.out, config, weights),
            }
        )
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    cli.run("train", main)
