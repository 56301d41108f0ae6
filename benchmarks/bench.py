"""Measure our training step and evaluation against their peers, in one run.

Each row runs its contenders in turn, round after round, so that other work on the
machine slows all of them alike. It gives the median and quartiles of each, and the
median over the rounds of peer / ours.

Could be unfair:
- definition: `counting.networks` under autograd, with PyTorch's layers and its default
  Adam; for the loop, which is written step by step, it is what a learner writes.
- tuned: the same, as fast as it gets with these layers: time first, fused Adam, and in
  evaluation no logits where nobody reads them.
- fixed: PyTorch with deterministic algorithms, and the kernels of AVX2 whatever the
  processor offers: the price of the same bits everywhere.
- compile: tuned through torch.compile, where that compiles.
- jax: the same input table, one thread, and the best of three unrollings; its
  compilation, 2-6 s, is not counted, and neither is ours.
- ours also gives the accuracy of a step, and the loss of an evaluation; tuned does not.
- PyTorch may use all vectors that the processor offers, in one thread.
- article: measured on a few windows and scaled up, so its spread is not shown.
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
from functools import partial
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

from benchmarks.peers import (
    GATES,
    Run,
    Tuned,
    V,
    article_ms,
    best_jax_step,
    compiled_step,
    recipe,
    three_passes,
    tuned_passes,
    tuned_step,
    variant,
)
from counting.base import files, params
from counting.base.errors import InputError
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import scores
from counting.evaluation.definition import Definition
from counting.networks import Network
from counting.running import cli
from counting.running.statement import processor
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import batches
from counting.training.autograd import AutogradStep
from counting.training.steps import Batch, CompiledStep

PEERS = ("definition", "tuned", "compile", "jax", "article")


def main() -> None:
    """Run the measurements, and write them as JSON and Markdown."""
    parser = cli.Parser("benchmarks.bench", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument("--rounds", type=cli.whole(1), default=9, help="of every row")
    parser.add_argument(
        "--kinds", nargs="+", default=list(GATES), choices=list(GATES), help="of layers"
    )
    sizes = partial(parser.add_argument, nargs="+", type=cli.whole(1))
    sizes("--batch", default=[16, 64], help="sizes")
    sizes("--bptt", default=[40, 70], help="tokens")
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
                name, runs = f"step {kind} B={B} T={T}", training_steps(kind, B, T)
                rows.append(measure(name, runs, args.rounds))
    if not args.fixed:
        rows += [*fixed(args), evaluation(max(3, args.rounds // 3))]
    text = page(rows)
    files.write(
        {args.out / "bench.json": files.as_json(rows), args.out / "bench.md": text}
    )


def fixed(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure PyTorch with the same bits everywhere, too.

    Its kernels are chosen when it is loaded, so this takes another process.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.bench", "--fixed", "--out", folder,
             "--batch", str(args.batch[-1]), "--bptt", str(args.bptt[-1]),
             "--rounds", str(args.rounds), "--kinds", *args.kinds], check=True,
        )  # fmt: skip
        rows = json.loads(Path(folder, "bench.json").read_text(encoding="utf-8"))
    return [row | {"name": f"{row['name']}, fixed"} for row in rows]


def streams() -> list[Array]:
    """Give the pipeline's tokens of train and valid, (n,) each."""
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
    """Give quartiles of milliseconds per run, and the median of peer / ours."""
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
    medians = ", ".join(f"{who} {ms[1]:.2f} ms" for who, ms in quartiles.items())
    print(f"{name}: {medians}", flush=True)
    return {"name": name, "ms": quartiles, "ratio": ratios}


def training_steps(kind: str, B: int, T: int) -> dict[str, Run]:
    """Give a training step of every contender, on the same random tokens."""
    tokens, targets = np.random.default_rng(0).integers(V, size=(2, T, B))
    batch = Batch(tokens, targets, None)
    x, y = torch.from_numpy(tokens), torch.from_numpy(targets)
    ours, definition = (
        step(variant(kind, B), recipe(T), V, seed=0)
        for step in (CompiledStep, AutogradStep)
    )
    runs: dict[str, Run] = {
        "ours": lambda: ours(batch, 1e-3),
        "definition": lambda: definition(batch, 1e-3),
    }
    if kind != "loop":
        runs["tuned"] = tuned_step(Tuned(kind), x, y)
    if torch.are_deterministic_algorithms_enabled():
        return runs
    if kind != "loop" and (compiled := compiled_step(Tuned(kind), x, y)):
        runs["compile"] = compiled
    with contextlib.suppress(ImportError):
        runs["jax"] = best_jax_step(kind, x.T, y.T)
    return runs


def evaluation(rounds: int) -> dict[str, Any]:
    """Measure all that `score` does for a GRU, beside peers that give accuracies."""
    train, stream = streams()
    model = variant("gru", 64)
    step, rows = (
        CompiledStep(model, recipe(70), V, seed=0),
        batches.windows_of(train, 70),
    )
    for start in np.random.default_rng(0).integers(len(rows), size=(100, 64)):
        some = rows[start].T.astype(np.int64)
        step(Batch(some[:-1], some[1:], None), 3e-3)
    network, tuned = Network(model, V).eval(), Tuned("gru").eval()
    tensors = {name: torch.from_numpy(w) for name, w in step.weights().items()}
    network.load_state_dict(tensors)
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
        },
        rounds,
        repeat=1,
    )
    article, ours = article_ms(network, len(stream)), row["ms"]["ours"][1]
    row["ms"]["article"], row["ratio"]["article"] = [article] * 3, article / ours
    return row


def page(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: our milliseconds, and peer / ours."""
    peers = [peer for peer in PEERS if any(peer in row["ratio"] for row in rows)]
    lines = [
        "# Our training step and evaluation beside their peers",
        "",
        "How many times as long as ours a peer takes, median over the rounds; ours in "
        "milliseconds, median [quartiles]. Made by `python -m benchmarks.bench`, whose "
        f"help says who the peers are and what could be unfair, on {processor()} with "
        f"{torch.backends.cpu.get_cpu_capability()}. *Fixed*: PyTorch where its bits "
        "do not depend on the processor either, with deterministic algorithms and the "
        "kernels of AVX2.",
        "",
        f"| | ours, ms | {' | '.join(peers)} |",
        f"|---|---|{'---|' * len(peers)}",
    ]
    for row in rows:
        low, median, high = row["ms"]["ours"]
        cells = [f"{row['ratio'][p]:.2f}" if p in row["ratio"] else "" for p in peers]
        ours = f"{median:.2f} [{low:.2f} {high:.2f}]"
        lines.append(f"| {row['name']} | {ours} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    cli.run("bench", main)
