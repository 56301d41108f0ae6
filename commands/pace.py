"""Time a cold run of the pipeline, with one job and with two, beside its computing.

All in clean clones with an empty cache. The computing is what the stages do, called one
after the other in one process that has loaded its libraries before: no start of an
interpreter, no imports, no DVC, no hashing. Each is timed once, by the clock on the
wall, so the machine should have nothing else to do; two jobs need two cores.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from commands import verify
from counting.base import cli, files, numerics, params

SEEN = "pace: "  # before the line that a child answers with


def main() -> None:
    """Time them, print a table, write pace.json; exit 1 if two locks differ."""
    parser = argparse.ArgumentParser(prog="commands.pace", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder")
    parser.add_argument("--compute", action="store_true", help="do that, and stop")
    args = parser.parse_args()
    if args.compute:
        print(SEEN + json.dumps(compute()))
        return
    root = Path(verify.git(Path.cwd(), "rev-parse", "--show-toplevel").strip())
    seconds: dict[str, float] = {}
    locks = [(root / "dvc.lock").read_text(encoding="utf-8")]
    with tempfile.TemporaryDirectory(prefix="pace-") as folder:
        clone = cold(root, Path(folder) / "compute")
        said = run([sys.executable, "-m", "commands.pace", "--compute"], clone)
        lines = [line for line in said.splitlines() if line.startswith(SEEN)]
        stages: dict[str, float] = json.loads(lines[-1].removeprefix(SEEN))
        seconds["computing"] = sum(stages.values())
        for jobs in (1, 2):
            clone = cold(root, Path(folder) / f"jobs {jobs}")
            command = ["-m", "commands.repro", "--force", "--jobs", str(jobs)]
            name = "one job" if jobs == 1 else f"{jobs} jobs"
            seconds[name] = timed([sys.executable, *command], clone)
            locks.append((clone / "dvc.lock").read_text(encoding="utf-8"))
        seconds["nothing to do"] = timed(["dvc", "repro"], clone)
    print(table(seconds))
    report = {"seconds": seconds, "stages": stages}
    files.write_json(args.out / "pace.json", report)
    if len(set(locks)) > 1:
        sys.exit("pace: FAILED: the runs do not end with the committed dvc.lock")
    print("pace: every run ended with the committed dvc.lock")


def cold(root: Path, clone: Path) -> Path:
    """Make a clone without any output and with an empty cache."""
    verify.git(root, "clone", "--quiet", str(root), str(clone))
    verify.remove_outputs(clone, verify.outputs(clone))
    return clone


def timed(command: list[str], folder: Path) -> float:
    """Give the seconds that a command takes."""
    begin = time.monotonic()
    run(command, folder)
    return time.monotonic() - begin


def run(command: list[str], folder: Path) -> str:
    """Run a command that must not fail, and give its output."""
    print(f"{SEEN}{shlex.join(command[-4:])}", flush=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise cli.InputError(f"{shlex.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


def compute() -> dict[str, float]:
    """Call the stages in the order of dvc.lock, plot last; the seconds of each."""
    numerics.settle(params.load().numerics)
    lock: dict[str, Any] = yaml.safe_load(files.read_text(Path("dvc.lock")))
    seconds = {}
    for name, stage in sorted(lock["stages"].items(), key=lambda s: s[0] == "plot"):
        module, *words = shlex.split(stage["cmd"])[2:]
        work = importlib.import_module(module).main
        for lazy in ("counting.training.loop", "counting.evaluation.scores"):
            importlib.import_module(lazy)
        sys.argv = [module, *words]
        begin = time.monotonic()
        work()
        seconds[name] = time.monotonic() - begin
    return seconds


def table(seconds: dict[str, float]) -> str:
    """Lay out the times, and their ratios to the computing."""
    lines = (
        f"{name:<14}{took:8.1f} s  {took / seconds['computing']:5.2f} of the computing"
        for name, took in seconds.items()
    )
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run("pace", main)
