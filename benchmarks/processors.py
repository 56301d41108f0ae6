"""Train and judge every kind of network on emulated processors, and compare the bits.

Each processor runs this file with `--digest`: a small training and evaluation of every
variant in params.yaml, reduced to md5 of weights, curves and scores. Emulation is user
mode (Debian's package qemu-user). That of x86 has no AVX-512, so on a machine that has
it the native run compares wide vectors with narrow ones; that of ARM runs a Python of
its own (arm.py). It shows what compiler and libraries choose for a processor, not what
that processor's silicon rounds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import arm
from counting.base import params
from counting.base.errors import InputError
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import scores
from counting.running import cli
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import loop
from counting.training.batches import Windows

EMULATOR = "qemu-x86_64"
X86 = {
    "Haswell-noTSX": "Intel, 2013",
    "Skylake-Client": "Intel, 2015",
    "EPYC": "AMD Zen 1, 2017",
    "EPYC-Rome": "AMD Zen 2, 2019",
}
ARM = {
    "cortex-a72": "ARM, 2015: Raspberry Pi 4",
    "neoverse-n1": "ARM, 2019: servers",
}
MODELS = X86 | ARM
LAST = 1300  # of the numbers, whose tokens fill a batch of 64 rows of 70
SHORT = {"epochs": 1, "steps": 8}  # in place of what a recipe says
JUDGED = 500  # tokens of it


def main() -> None:
    """Digest natively and under each model; exit 1 if any md5 differs."""
    parser = argparse.ArgumentParser(prog="benchmarks.processors", description=__doc__)
    parser.add_argument("--digest", action="store_true", help="print md5 and stop")
    parser.add_argument("--jobs", type=int, default=2, help="processors at a time")
    parser.add_argument(
        "--models", nargs="+", default=list(MODELS), choices=list(MODELS),
        help="to emulate",
    )  # fmt: skip
    args = parser.parse_args()
    if args.digest:
        print(json.dumps(digest()))
        return
    for emulator in (EMULATOR, arm.EMULATOR):
        if shutil.which(emulator) is None:
            raise InputError(
                f"{emulator} not found; install it with: apt-get install qemu-user"
            )
    models = sorted(args.models, key=list(MODELS).index, reverse=True)  # slowest first
    commands = [command(model) for model in models]
    native = run("native", [sys.executable], dict(os.environ))
    with ThreadPoolExecutor(args.jobs) as pool:
        digests = pool.map(run, models, *zip(*commands, strict=True))
        found = dict(zip(models, digests, strict=True))
    print(f"{'md5 of':<20}{'native':<10}the same on")
    failed = 0
    for name, value in native.items():
        verdicts = [
            model if found[model].get(name) == value else f"{model} DIFFERS"
            for model in models
        ]
        failed += sum(verdict.endswith("DIFFERS") for verdict in verdicts)
        print(f"{name:<20}{value:<10}{', '.join(verdicts)}")
    about = ", ".join(f"{model} ({MODELS[model]})" for model in models)
    if failed:
        sys.exit(f"processors: FAILED: {failed} md5 differ; models: {about}")
    print(f"processors: {len(native)} md5 equal natively and on {about}")


def command(model: str) -> tuple[list[str], dict[str, str]]:
    """Give the command of Python on an emulated processor, and its environment."""
    if model in ARM:
        return arm.python(model), arm.environment()
    return [EMULATOR, "-cpu", model, sys.executable], dict(os.environ)


def run(name: str, python: list[str], environment: dict[str, str]) -> dict[str, str]:
    """Run the digest in a process of its own."""
    done = subprocess.run(
        [*python, "-m", "benchmarks.processors", "--digest"],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise InputError(f"{name} failed: {done.stderr.strip()[-300:]}")
    result: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    print(f"processors: {name} done", flush=True)
    return result


def digest() -> dict[str, str]:
    """Train every variant a little, judge it, and give md5 of what came of it."""
    settings, result = params.load(), {}
    text = [spell(number, "en").split() for number in range(1, LAST + 1)]
    vocabulary = Vocabulary.of(text)
    stream, V = vocabulary.encode(text, Path("numbers")), len(vocabulary)
    for name in settings.models:
        model, recipe = settings.variant(name)
        change = {k: n for k, n in SHORT.items() if getattr(recipe, k)}
        recipe = recipe.model_copy(update=change)
        windows = Windows(stream, recipe, model.batch_size, V)
        weights, curves = loop.train(model, windows, seed=0)
        read = Inference(Weights.of(model, weights))
        found = scores.score(read, stream[:JUDGED], window=70, prompt=20, steps=20)
        parts = b"".join(array.tobytes() for array in weights.values())
        result[f"{name} weights"] = md5(parts)
        result[f"{name} curves"] = md5(curves.tobytes())
        result[f"{name} scores"] = md5(repr(found).encode())
    return result


def md5(content: bytes) -> str:
    """Give the first eight digits of an md5."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()[:8]


if __name__ == "__main__":
    cli.run("processors", main)
