"""Run the pipeline on emulated processors, and compare the bytes that it writes.

Each processor runs the commands of dvc.lock one after the other, in a folder of its
own: spell, prepare, then train and evaluate of every variant. By default they read so
few numbers and take so few steps that most of the time goes into compiling; with
`--whole` they do all that params.yaml says, and are compared with dvc.lock itself.

Emulation is user mode (Debian's package qemu-user). That of x86 has no AVX-512, so on a
machine that has it the native run compares wide vectors with narrow ones; that of ARM
runs a Python of its own (arm.py), for whose processor Numba is told to compile, since
the emulator shows the file of the one that is really there. It shows what compiler and
libraries choose for a processor, not what that processor's silicon rounds.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks import arm
from counting.base import files, params
from counting.base.errors import InputError
from counting.running import cli

ROOT = Path(__file__).parents[1]
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
# tokens enough for a batch of 64 rows of 70, and "thousand", before which words are
# replaced by others
SHORT_TEXTS: dict[str, Any] = {
    "train": [900, 2100],
    "valid": [2101, 2150],
    "beyond": {},
}
SHORT = {"epochs": 3, "steps": 8}  # in place of what a recipe says

# QEMU 7 reads the whole vector of a masked load, and so beyond an array that NumPy
# sorts with AVX2; so NumPy has kernels without it, farther still from those of AVX-512
WITHOUT_AVX2 = {"NPY_DISABLE_CPU_FEATURES": "X86_V3"}

Lock = dict[str, Any]  # what dvc.lock says of each stage


def main() -> None:
    """Run natively and on each model; exit 1 if any md5 differs."""
    parser = cli.Parser("benchmarks.processors", __doc__)
    add = parser.add_argument
    add("--jobs", type=int, default=2, help="processors at a time")
    add("--models", nargs="+", default=list(MODELS), choices=MODELS, help="to emulate")
    add("--variants", nargs="+", help="of params.yaml; all if not given")
    add("--whole", action="store_true", help="as params.yaml says, which takes hours")
    add("--commands", nargs="+", help="run these in this process, and nothing else")
    args = parser.parse_args()
    if args.commands:
        run_here(args.commands)
        return
    for emulator in (EMULATOR, arm.EMULATOR):
        if shutil.which(emulator) is None:
            raise InputError(
                f"{emulator} not found; install it with: apt-get install qemu-user"
            )
    settings = params.load()
    lock = locked(args.variants or list(settings.models))
    content = settings.model_dump() if args.whole else shortened(settings)
    # the slowest first, and downloaded before the clocks run
    models = sorted(args.models, key=list(MODELS).index, reverse=True)
    pythons = [python(model) for model in models]
    expected = (
        {name: combined(out["md5"] for out in lock[name]["outs"]) for name in lock}
        if args.whole
        else run("native", [sys.executable], {}, content, lock)
    )
    with ThreadPoolExecutor(args.jobs) as pool:
        calls = [(*python, content, lock) for python in pythons]
        found = dict(
            zip(models, pool.map(run, models, *zip(*calls, strict=True)), strict=True)
        )
    differing = told("dvc.lock" if args.whole else "native", expected, found)
    about = ", ".join(f"{model} ({MODELS[model]})" for model in models)
    if differing:
        sys.exit(f"processors: FAILED: {differing} md5 differ; models: {about}")
    print(f"processors: the bytes of {len(lock)} stages are the same on {about}")


def locked(variants: list[str]) -> Lock:
    """Give what dvc.lock says of the stages of some variants, in their order.

    Raises:
        InputError: it does not say anything of one.
    """
    stages = YAML(typ="safe").load(files.read_text(Path("dvc.lock")))["stages"]
    names = ["spell", "prepare"]
    for variant in variants:
        names += [f"train@{variant}", f"evaluate@{variant}"]
    for name in names:
        if name not in stages:
            raise InputError(f"dvc.lock: has no stage {name}: `make repro` first")
    return {name: stages[name] for name in names}


def shortened(settings: params.Params) -> dict[str, Any]:
    """Give the parameters of a pipeline that compiles all, and does little with it."""
    content = settings.model_dump()
    content["spell"] |= {"texts": params.NUMBERS, **SHORT_TEXTS}
    content["train"]["seeds"] = [0]
    content["evaluate"] |= {"stride": {"train": 100, "valid": 1}, "samples": 2}
    content["plot"]["rolling"] = 1
    for recipe in content["recipes"].values():
        recipe |= {key: steps for key, steps in SHORT.items() if recipe[key]}
    return content


def python(model: str) -> tuple[list[str], dict[str, str]]:
    """Give the command of Python on an emulated processor, and its environment."""
    if model in ARM:
        return arm.python(model), arm.environment(model)
    return [EMULATOR, "-cpu", model, sys.executable], WITHOUT_AVX2


def run(
    name: str,
    python: list[str],
    environment: dict[str, str],
    content: dict[str, Any],
    lock: Lock,
) -> dict[str, str]:
    """Run every command of the lock on a processor; the md5 of each stage's outputs.

    Args:
        name: of the processor.
        python: the command.
        environment: of it, beside what is inherited.
        content: of params.yaml.
        lock: the stages.

    Raises:
        InputError: a command failed.
    """
    began = time.monotonic()
    commands = [stage["cmd"] for stage in lock.values()]
    path = os.pathsep.join(filter(None, [environment.get("PYTHONPATH"), str(ROOT)]))
    with tempfile.TemporaryDirectory() as folder:
        files.write_json(Path(folder, params.PATH), content)
        Path(folder, f"data/texts/{params.NUMBERS}").mkdir(parents=True)
        done = subprocess.run(
            [*python, "-m", "benchmarks.processors", "--commands", *commands],
            cwd=folder, capture_output=True, text=True,
            env={**os.environ, **environment, "PYTHONPATH": path},
        )  # fmt: skip
        if done.returncode:
            said = [s for s in done.stderr.splitlines() if "warning: TCG" not in s]
            raise InputError(f"{name} failed: {' '.join(said)[-300:]}")
        result = {
            stage: combined(md5(Path(folder, out["path"])) for out in content["outs"])
            for stage, content in lock.items()
        }
    print(f"processors: {name}: {time.monotonic() - began:.0f} s", flush=True)
    return result


def run_here(commands: list[str]) -> None:
    """Run commands of dvc.yaml in this process: each is `python -m module flags`."""
    for command in commands:
        _, _, module, *flags = shlex.split(command)
        sys.argv = [module, *flags]
        importlib.import_module(module).main()


def md5(path: Path) -> str:
    """Give the md5 of an output, as DVC reckons it: of a folder, of a list as JSON."""
    if not path.is_dir():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    listed = [
        {"md5": md5(file), "relpath": file.relative_to(path).as_posix()}
        for file in sorted(path.rglob("*"))
        if file.is_file()
    ]
    content = json.dumps(listed, sort_keys=True).encode()
    return hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"


def combined(sums: Iterator[str]) -> str:
    """Give the first eight digits of a digest of md5 sums."""
    text = " ".join(sums)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]


def told(
    reference: str, expected: dict[str, str], found: dict[str, dict[str, str]]
) -> int:
    """Print a line for each stage; how often a processor differs from the reference."""
    width, differing = max(map(len, expected)) + 2, 0
    print(f"{'md5 of':<{width}}{reference:<10}the same on")
    for stage, value in expected.items():
        others = [model for model in found if found[model][stage] != value]
        differing += len(others)
        same = ", ".join(model for model in found if model not in others)
        print(f"{stage:<{width}}{value:<10}{same}", end="")
        print(f"; DIFFERS on {', '.join(others)}" if others else "")
    return differing


if __name__ == "__main__":
    cli.run("processors", main)
