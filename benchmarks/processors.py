"""Run the pipeline on emulated processors, and compare the bytes that it writes.

Each processor runs the commands of dvc.lock in a folder of its own: spell, prepare,
then train and evaluate of every variant. By default they read so few numbers and take
so few steps that most of the time goes into compiling, and are compared with a run on
this machine's processor; with `--whole` they do all that params.yaml says, and are
compared with dvc.lock itself.

The emulator is QEMU in user mode (Debian's package qemu-user). It knows no AVX-512, so
on a machine that has it wide vectors are compared with narrow ones. ARM needs a Python
of its own (arm.py), and Numba is told its processor, since /proc/cpuinfo shows the real
one. This tests what compiler and libraries choose for a processor, not how the silicon
rounds.
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
# enough tokens for a batch of 64 rows of 70, and "thousand", before which words are
# replaced in recombination
SHORT_TEXTS: dict[str, Any] = {
    "train": [900, 2100],
    "valid": [2101, 2150],
    "beyond": {},
}
SHORT = {"epochs": 3, "steps": 8}  # in place of what a recipe says

# QEMU 7 reads the whole vector of a masked load, beyond the end of an array that NumPy
# sorts with AVX2; so NumPy uses its kernels without AVX2, unlike those of AVX-512 still
WITHOUT_AVX2 = {"NPY_DISABLE_CPU_FEATURES": "X86_V3"}

Lock = dict[str, Any]  # the command and the outputs of each stage, from dvc.lock
Sums = dict[str, dict[str, str]]  # for each stage, the md5 of each output


def main() -> None:
    """Run natively and on each model; exit 1 if any md5 differs."""
    parser = cli.Parser("benchmarks.processors", __doc__)
    add = parser.add_argument
    add("--jobs", type=cli.whole(1), default=2, help="processors at a time")
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
        {s: {out["path"]: out["md5"] for out in lock[s]["outs"]} for s in lock}
        if args.whole
        else run("native", [sys.executable], {}, content, lock)
    )
    with ThreadPoolExecutor(args.jobs) as pool:
        calls = [(*python, content, lock) for python in pythons]
        runs = pool.map(run, models, *zip(*calls, strict=True))
        found = dict(zip(models, runs, strict=True))
    faults = differences(expected, found)
    if faults:
        sys.exit("\n".join(faults))
    for stage, sums in expected.items():
        print(f"{stage:<32}{' '.join(md5[:8] for md5 in sums.values())}")
    about = ", ".join(f"{model} ({MODELS[model]})" for model in models)
    print(f"processors: the bytes of {len(lock)} stages are the same on {about}")


def locked(variants: list[str]) -> Lock:
    """Read from dvc.lock the stages of some variants, in their order.

    Raises:
        InputError: one is missing.
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
    """Give parameters with which the pipeline compiles all, and does little with it."""
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
) -> Sums:
    """Run the commands of the lock on a processor, and give the md5 of their outputs.

    Args:
        name: of the processor.
        python: the command that starts Python there.
        environment: variables for it, added to the inherited ones.
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
        done = subprocess.run(
            [*python, "-m", "benchmarks.processors", "--commands", *commands],
            cwd=folder, capture_output=True, text=True,
            env={**os.environ, **environment, "PYTHONPATH": path},
        )  # fmt: skip
        if done.returncode:
            said = [s for s in done.stderr.splitlines() if "warning: TCG" not in s]
            raise InputError(f"{name} failed: {' '.join(said)[-300:]}")
        sums = {
            name: {o["path"]: md5(Path(folder, o["path"])) for o in stage["outs"]}
            for name, stage in lock.items()
        }
    print(f"processors: {name}: {time.monotonic() - began:.0f} s", flush=True)
    return sums


def run_here(commands: list[str]) -> None:
    """Run commands of dvc.yaml in this process: each is `python -m module flags`."""
    for command in commands:
        _, _, module, *flags = shlex.split(command)
        sys.argv = [module, *flags]
        importlib.import_module(module).main()


def md5(path: Path) -> str:
    """Give the md5 of an output as DVC does: for a folder, that of a list as JSON."""
    if not path.is_dir():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    listed = [
        {"md5": md5(file), "relpath": file.relative_to(path).as_posix()}
        for file in sorted(path.rglob("*"))
        if file.is_file()
    ]
    content = json.dumps(listed, sort_keys=True).encode()
    return hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"


def differences(expected: Sums, found: dict[str, Sums]) -> list[str]:
    """Give a line for each output and processor where the md5 is not the expected."""
    return [
        f"processors: {path} of {stage}: {sums[stage][path]} on {model}, expected {md5}"
        for model, sums in found.items()
        for stage, outs in expected.items()
        for path, md5 in outs.items()
        if sums[stage][path] != md5
    ]


if __name__ == "__main__":
    cli.run("processors", main)
