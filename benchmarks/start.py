"""Measures a standing start: from nothing to the first step, and to the first chunk.

Each is a process of its own, cold (an empty folder of machine code) and warm, beside
`import torch` in the same run, whose median the ratios are of. Wall clock, so the
machine should have nothing else to do.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from counting.base import files, params
from counting.running import cli

TRAIN = """
import sys
from pathlib import Path
from counting.base import params
from counting.text import streams
from counting.training import loop
from counting.training.batches import Windows
model, recipe = params.load().variant(sys.argv[1])
key = "epochs" if recipe.epochs else "steps"
rows = model.batch_size * recipe.bptt + 1
stream = streams.load(Path("data/prepared/train.safetensors"), 30)
if recipe.epochs:
    stream = stream[: 2 * rows]
recipe = recipe.model_copy(update={key: 1})
loop.train(model, Windows(stream, recipe, model.batch_size, 30), seed=0)
"""
EVALUATE = """
import sys
import numpy as np
from counting.base import checkpoint
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from pathlib import Path
folder = Path("data/models", sys.argv[1])
config = checkpoint.load_config(folder)
weights = checkpoint.load_weights(folder, config, config.seeds[0])
Inference(Weights.of(config.model, weights))(np.zeros((70, 64), np.int64))
"""
TORCH = "import torch"


def main() -> None:
    """Measure every variant; print a table, and write it as JSON."""
    parser = cli.Parser("benchmarks.start", __doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument("--rounds", type=int, default=3, help="of each warm start")
    args = parser.parse_args()
    variants = list(params.load().models)
    torch = statistics.median(seconds(TORCH) for _ in range(args.rounds))
    print(f"{'import torch':<24}{torch:6.2f} s")
    found = {"import torch": torch}
    for what, code in (("first step", TRAIN), ("first chunk", EVALUATE)):
        for name in variants:
            with tempfile.TemporaryDirectory() as folder:
                cold = seconds(code, name, folder)
                warm = statistics.median(
                    seconds(code, name, folder) for _ in range(args.rounds)
                )
            found[f"{name}, {what}, cold"] = cold
            found[f"{name}, {what}, warm"] = warm
            print(
                f"{name + ', ' + what:<24}{cold:6.2f} s cold, {warm:5.2f} s warm, "
                f"{warm / torch:.2f} of import torch",
                flush=True,
            )
    files.write_json(args.out / "start.json", found)


def seconds(code: str, variant: str = "", compiled: str = "") -> float:
    """Time one process, from its start to its end."""
    environment = os.environ | ({"COUNTING_COMPILED": compiled} if compiled else {})
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, variant], check=True, env=environment)
    return time.perf_counter() - begin


if __name__ == "__main__":
    cli.run("start", main)
