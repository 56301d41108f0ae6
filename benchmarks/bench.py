"""Measures our training step and evaluation against their peers, in one run.

Every row runs its contenders in turn, round after round, so that what else happens on
the machine meets them alike; it gives the median of each and its quartiles, and the
median over the rounds of peer / ours. Beside them stands the time of the products
alone, by PyTorch; ours are our own (`matmul_add`), and can be faster.

Could be unfair:
- definition: `counting.networks` under autograd, with PyTorch's layers and Adam as they
  come; for the loop, which is written step by step, it is what a learner writes.
- tuned: the same made as fast as it goes without other layers: time first, fused Adam,
  and in evaluation no logits where nobody reads them.
- fixed: PyTorch with deterministic algorithms, and the kernels of AVX2 whatever the
  processor offers, so that its bits are the same as well: the price of that.
- compile: tuned through torch.compile, where that compiles.
- jax: has the same input table and one thread, and the best of three unrollings; its
  compilation, 2-6 s, is not counted, and neither is ours.
- ours: tells the accuracy of a step, and the loss of an evaluation; tuned does not.
- PyTorch may use all vectors that the processor offers, in one thread.
- article: measured on a few windows and scaled up, so its spread is not shown.
- products: run with their operands in the cache.
- Times are processor time of this process, which other work on the machine slows too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
if "--fixed" in sys.argv:  # the kernels of AVX2, whatever the processor offers
    os.environ |= {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_CBWR": "AVX2,STRICT",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    }
import torch

from benchmarks.page import line, page
from benchmarks.peers import (
    GATES,
    H,
    Run,
    Tuned,
    V,
    article_ms,
    best_jax_step,
    compiled_step,
    evaluation_products,
    step_products,
    three_passes,
    tuned_passes,
    tuned_step,
)  # fmt: skip
from counting.base import files, params
from counting.base.errors import InputError
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import scores
from counting.evaluation.definition import Definition
from counting.networks import Network
from counting.running import cli
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import batches
from counting.training.autograd import AutogradStep
from counting.training.steps import Batch, CompiledStep


def main() -> None:
    """Run the measurements; print a table, write it as JSON and Markdown."""
    parser = cli.Parser("benchmarks.bench", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument("--rounds", type=int, default=9, help="of every row")
    parser.add_argument(
        "--kinds", nargs="+", default=list(GATES), choices=list(GATES), help="of layers"
    )
    parser.add_argument("--batch", nargs="+", type=int, default=[16, 64], help="sizes")
    parser.add_argument("--bptt", nargs="+", type=int, default=[40, 70], help="tokens")
    parser.add_argument("--hidden", type=int, default=H, help="units")
    parser.add_argument(
        "--fixed", action="store_true",
        help="PyTorch alone, with deterministic algorithms and kernels for AVX2",
    )  # fmt: skip
    args = parser.parse_args()
    torch.use_deterministic_algorithms(args.fixed)
    if args.rounds < 3:
        raise InputError(f"--rounds: {args.rounds} given, expected 3 or more")
    rows = []
    for kind in args.kinds:
        for B in args.batch:
            for T in args.bptt:
                runs = training_steps(variant(kind, B, args.hidden), T)
                size = f" H={args.hidden}" if args.hidden != H else ""
                rows.append(
                    measure(f"step {kind} B={B} T={T}{size}", runs, args.rounds)
                )
                print(line(rows[-1]), flush=True)
    if not args.fixed:
        rows += fixed(args)
        if args.hidden == H:
            rows.append(evaluation(max(3, args.rounds // 3)))
            print(line(rows[-1]))
    files.write_json(args.out / "bench.json", rows)
    files.write_text(args.out / "bench.md", page(rows))


def fixed(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure PyTorch where it, too, has the same bits everywhere: their price.

    What it may use must be said before it is loaded, so in a process of its own.
    """
    sizes = {"--batch": args.batch[-1], "--bptt": args.bptt[-1],
             "--hidden": args.hidden, "--rounds": args.rounds}  # fmt: skip
    flags = [str(word) for pair in sizes.items() for word in pair]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.bench", "--fixed", "--out", folder,
             *flags, "--kinds", *args.kinds], check=True,
        )  # fmt: skip
        rows = json.loads(Path(folder, "bench.json").read_text(encoding="utf-8"))
    return [row | {"name": f"{row['name']}, fixed"} for row in rows]


def variant(kind: str, B: int, hidden_size: int = H) -> params.Model:
    """Describe a network of a kind."""
    return params.Model(
        recurrence=kind,
        activation={"loop": "relu", "rnn": "tanh"}.get(kind),  # type: ignore[arg-type]
        hidden_size=hidden_size,
        recipe="any",
        batch_size=B,
        learning_rate=0.001,
    )


def recipe(T: int) -> params.Recipe:
    """Describe the article's recipe, with windows of T tokens."""
    return params.Recipe(sampling="rows", epochs=1, bptt=T, optimizer="adam")


def streams() -> list[Array]:
    """Give the tokens to train and to evaluate on, as the pipeline has them."""
    settings = params.load().spell
    texts = [
        [spell(i, settings.language).split() for i in range(first, last + 1)]
        for first, last in (settings.train, settings.valid)
    ]
    vocabulary = Vocabulary.of(texts[0])
    return [vocabulary.encode(text, Path("numbers")) for text in texts]


def measure(
    name: str, runs: dict[str, Run], rounds: int, repeat: int = 3
) -> dict[str, Any]:
    """Quartiles of milliseconds a run, and median peer / ours over the rounds."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            begin = time.process_time()
            for _ in range(repeat):
                run()
            times[who].append((time.process_time() - begin) * 1000 / repeat)
    ratios = {
        who: statistics.median(t / o for t, o in zip(ts, times["ours"], strict=True))
        for who, ts in times.items()
    }
    quartiles = {who: statistics.quantiles(ts, n=4) for who, ts in times.items()}
    return {"name": name, "ms": quartiles, "ratio": ratios}


def training_steps(model: params.Model, T: int) -> dict[str, Run]:
    """One training step of every contender, on the same random tokens."""
    B, kind = model.batch_size, model.recurrence
    tokens, targets = np.random.default_rng(0).integers(V, size=(2, T, B))
    batch = Batch(tokens, targets, None)
    x, y = torch.from_numpy(tokens), torch.from_numpy(targets)
    ours, definition = (
        step(model, recipe(T), V, seed=0) for step in (CompiledStep, AutogradStep)
    )
    runs: dict[str, Run] = {
        "ours": lambda: ours(batch, 1e-3),
        "definition": lambda: definition(batch, 1e-3),
    }
    if kind != "loop":
        runs["tuned"] = tuned_step(Tuned(kind, model.hidden_size), x, y)
    if torch.are_deterministic_algorithms_enabled():
        return runs
    if kind != "loop" and (
        compiled := compiled_step(Tuned(kind, model.hidden_size), x, y)
    ):
        runs["compile"] = compiled
    with contextlib.suppress(ImportError):
        runs["jax"] = best_jax_step(kind, x.T, y.T, model.hidden_size)
    return runs | {"products": step_products(kind, B, T, model.hidden_size)}


def evaluation(rounds: int) -> dict[str, Any]:
    """Everything `score` measures of a GRU, and what measures the accuracies alone."""
    train, stream = streams()
    model = variant("gru", 64)
    step, rows = (
        CompiledStep(model, recipe(70), V, seed=0),
        batches.windows_of(train, 70),
    )
    for start in np.random.default_rng(0).integers(len(rows), size=(100, 64)):
        some = rows[start].T.astype(np.int64)
        step(Batch(some[:-1], some[1:], None), 3e-3)
    network = Network(model, V).eval()
    tensors = {name: torch.from_numpy(w) for name, w in step.weights().items()}
    network.load_state_dict(tensors)
    tuned = Tuned("gru", H).eval()
    tuned.load_state_dict({k.replace("layer.", "rnn."): v for k, v in tensors.items()})
    sizes = {"window": 70, "prompt": 20, "steps": 20}
    inference = Inference(Weights.of(model, step.weights()))
    long = torch.from_numpy(stream).long()
    row = measure(
        "evaluate gru",
        {
            "ours": lambda: scores.score(inference, stream, **sizes),
            "definition": lambda: three_passes(Definition(network), stream),
            "tuned": lambda: tuned_passes(tuned, long),
            "products": evaluation_products(len(stream)),
        },
        rounds,
        repeat=1,
    )
    article, ours = article_ms(network, len(stream)), row["ms"]["ours"][1]
    row["ms"]["article"], row["ratio"]["article"] = [article] * 3, article / ours
    return row


if __name__ == "__main__":
    cli.run("bench", main)
