"""Kill the pipeline at random moments, a hundred times, and compare its bytes.

Everything happens to a tiny copy of the project in a temporary folder whose name has
a blank and an umlaut, under real `dvc repro`. A run that comes to its end must have
the bytes of one that was left alone; then all is deleted, and the killing goes on from
nothing. After that come signals that ask to stop, and whatever else may happen to a
user: a full disk, a folder that cannot be written, two runs at once.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from commands import repro, surroundings, tiny
from stages.counting import cli

STEPS = {"epochs": 30, "steps": 200}  # enough for kills amid a training
RESULTS = ("data", "reports")
TRACES = (*RESULTS, ".resume", ".dvc/cache", "dvc.lock")
SHORT = 5  # a run is killed within this part of the time that a whole one takes


@dataclass
class Figures:
    """What the harness counts."""

    stopped: Counter[str] = field(default_factory=Counter)  # by whom it was sent to
    stages: Counter[str] = field(default_factory=Counter)  # by what was running
    complete: int = 0
    equal: int = 0
    resumed: int = 0
    mended: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    tracebacks: list[str] = field(default_factory=list)


def main() -> None:
    """Kill, ask to stop, try the surroundings; exit 1 if anything was lost."""
    parser = cli.Parser("commands.faults", __doc__)
    parser.add_argument("--kills", type=int, default=100, help="kill -9 to survive")
    parser.add_argument("--signals", type=int, default=20, help="SIGINT and SIGTERM")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    args = parser.parse_args()
    random.seed(args.seed)
    # a command in the background ignores Ctrl-C, and so would all that it starts
    signal.signal(signal.SIGINT, cli.leave)
    with tempfile.TemporaryDirectory(prefix="zwölf Zahlen ") as folder:
        root = Path(folder)
        tiny.copy(root)
        lengthen(root)
        tiny.commit(root)
        begun = time.monotonic()
        if complaint := finish(root):
            raise cli.InputError(f"the pipeline fails without a fault: {complaint}")
        whole = time.monotonic() - begun
        expected = surroundings.digests(root)
        print(f"faults: {len(expected)} files in {whole:.0f} s when left alone")

        killed = rounds(root, expected, whole / SHORT, args.kills, kill)
        report("kill -9", killed)
        asked = rounds(root, expected, whole / SHORT, args.signals, ask_to_stop)
        report("SIGINT and SIGTERM", asked)
        finish(root)
        fine = surroundings.try_all(root, expected)
    same = killed.equal == killed.complete and asked.equal == asked.complete
    if not (same and fine) or killed.tracebacks or asked.tracebacks:
        sys.exit("faults: FAILED: something was lost, or a traceback was shown")
    print("faults: nothing was lost")


def lengthen(root: Path) -> None:
    """Give the trainings enough steps to be killed amid them."""
    path = root / "params.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for recipe in content["recipes"].values():
        recipe.update({key: STEPS[key] for key in STEPS if key in recipe})
    content["train"]["save_every"] = 10
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def rounds(
    root: Path, expected: dict[str, str], longest: float, count: int, fault: Any
) -> Figures:
    """Start runs and stop each at a random moment, until `count` were stopped.

    The runs go on from each other. One that ends by itself, and the last, are compared
    with `expected`; after that all results are deleted.
    """
    figures = Figures()
    clean(root)
    while figures.stopped.total() < count:
        figures.mended += repro.mend_lock(root)
        with (root / ".dvc/tmp/output").open("w", encoding="utf-8") as output:
            process = start(root, output)
        try:
            process.wait(random.uniform(0, longest))
        except subprocess.TimeoutExpired:
            running = last_stage(root)
            figures.stopped[fault(process)] += 1
            figures.stages[running] += 1
            figures.codes[process.wait()] += 1
        finally:  # if it is the harness itself that is asked to stop
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        look(root, figures)
        if (done := figures.stopped.total()) % 20 == 0 and done:
            print(f"faults: {done} stopped, {figures.complete} whole", flush=True)
        if process.returncode == 0:
            compare(root, expected, figures)
            clean(root)
    figures.mended += repro.mend_lock(root)
    print(finish(root), end="")
    compare(root, expected, figures)
    return figures


def start(root: Path, output: Any) -> subprocess.Popen[str]:
    """Start `dvc repro` in a process group of its own."""
    return subprocess.Popen(
        ["dvc", "repro"],
        cwd=root,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def finish(root: Path) -> str:
    """Run the pipeline to its end; what it printed if it failed, or nothing."""
    done = subprocess.run(["dvc", "repro"], cwd=root, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def kill(process: subprocess.Popen[str]) -> str:
    """Kill -9 the group, or the stage alone, or DVC alone; says which."""
    target = random.choice(["all", "all", "the stage", "DVC"])
    children = children_of(process.pid)
    if target == "the stage" and children:
        for child in children:
            surroundings.send(child, signal.SIGKILL)
    elif target == "DVC":
        process.kill()
    else:
        target = "all"
        os.killpg(process.pid, signal.SIGKILL)
    return target


def ask_to_stop(process: subprocess.Popen[str]) -> str:
    """Send SIGINT as Ctrl-C does, to the group, or SIGTERM."""
    number = random.choice([signal.SIGINT, signal.SIGTERM])
    os.killpg(process.pid, number)
    return number.name


def children_of(process: int) -> list[int]:
    """Give the processes that a process has started."""
    listing = Path(f"/proc/{process}/task/{process}/children")
    return [int(n) for n in listing.read_text().split()] if listing.exists() else []


def printed(root: Path) -> str:
    """Read what the run in progress, or the last, has printed."""
    return (root / ".dvc/tmp/output").read_text(encoding="utf-8", errors="replace")


def last_stage(root: Path) -> str:
    """Name the kind of stage that was started last."""
    names = re.findall(r"Running stage '(\w+)", printed(root))
    return names[-1] if names else "none yet"


def look(root: Path, figures: Figures) -> None:
    """Count what a run said of going on, and keep the tracebacks of stages."""
    text = printed(root)
    figures.resumed += text.count("going on after step")
    _, stage, after = text.partition("Running stage '")
    if "Traceback" in after:
        figures.tracebacks.append(stage + after)


def compare(root: Path, expected: dict[str, str], figures: Figures) -> None:
    """Count a run that came to its end, and whether its bytes are the expected ones."""
    figures.complete += 1
    found = surroundings.digests(root)
    figures.equal += found == expected
    for path in sorted(expected | found):
        if expected.get(path) != found.get(path):
            print(f"faults: {path}: {found.get(path)}, not {expected.get(path)}")


def clean(root: Path) -> None:
    """Delete every result, so that the next run starts from nothing."""
    for name in TRACES:
        if (root / name).is_dir():
            shutil.rmtree(root / name)
        else:
            (root / name).unlink(missing_ok=True)


def report(name: str, figures: Figures) -> None:
    """Print what was counted."""

    def listed(counts: Counter[Any]) -> str:
        return ", ".join(f"{what} {n}" for what, n in sorted(counts.items()))

    print(f"faults: {name}: {figures.stopped.total()}")
    print(f"  sent to: {listed(figures.stopped)}")
    print(f"  while running: {listed(figures.stages)}")
    print(f"  exit codes of DVC: {listed(figures.codes)}")
    print(f"  trainings that went on from a saved state: {figures.resumed}")
    print(f"  times that DVC's own lock list was cut short: {figures.mended}")
    print(f"  runs that came to their end: {figures.complete}, equal: {figures.equal}")
    for text in figures.tracebacks:
        print(f"  traceback of a stage:\n{text}")
    sys.stdout.flush()


if __name__ == "__main__":
    cli.run("faults", main)
