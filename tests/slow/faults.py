"""Kill the pipeline at random moments, a hundred times, and compare its bytes.

Everything happens to tiny copies of the project in a temporary folder whose name has a
blank and an umlaut, under real `dvc repro`. A round undoes all from some kind of stage
on, starts the pipeline, kills it (DVC, the stage, or both) while a stage of that kind
is at work, and lets a new run come to its end: its bytes and its dvc.lock must be those
of a run that was left alone. In some rounds the new run is killed too, again and again.
After that come signals that ask to stop, and whatever else may happen to a user: a full
disk, a folder that cannot be written, two runs at once.
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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from counting.base.errors import InputError
from counting.running import cli, repro
from tests import tiny
from tests.slow import surroundings

STEPS = {"epochs": 12, "steps": 90}  # enough for kills amid a training
STARTING = "DVC, before a stage"
# one cycle of rounds: most of the time of a run is spent in training
CYCLE = ["train"] * 4 + ["evaluate"] * 2 + ["spell", "prepare", "plot", STARTING]
ORDER = ["spell", "prepare", "train", "evaluate", "plot"]
ROW = 10  # kills of the rounds that are killed again and again

Process = subprocess.Popen[str]
Fault = Callable[[Process, random.Random], str]


@dataclass(frozen=True)
class Plan:
    """What shall happen in a round."""

    seed: str  # of its random moments
    kind: str  # of stage that is to be stopped
    fault: Fault
    times: int  # that it is stopped, at most


@dataclass
class Round:
    """What happened in a round."""

    kind: str  # of stage that was at work
    sent: list[str] = field(default_factory=list)  # to whom, or which signal
    codes: list[int] = field(default_factory=list)  # that DVC ended with
    resumed: int = 0  # trainings that went on from a saved state
    mended: int = 0  # files of DVC's own that were cut short
    equal: bool = False  # the end has the expected bytes
    tracebacks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Whole:
    """A project that was left alone, and the folders for those that are not."""

    root: Path
    results: dict[str, Any]
    seconds: dict[str, float]  # from the start of a kind's first stage to the next's
    free: SimpleQueue[Path]


def main() -> None:
    """Kill, ask to stop, try the surroundings; exit 1 if anything was lost."""
    parser = cli.Parser("tests.slow.faults", __doc__)
    parser.add_argument("--kills", type=int, default=100, help="rounds of one kill -9")
    parser.add_argument("--rows", type=int, default=3, help=f"rounds of {ROW} of them")
    parser.add_argument("--signals", type=int, default=20, help="SIGINT and SIGTERM")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at a time")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    args = parser.parse_args()
    # a command in the background ignores Ctrl-C, and so would all that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="zwölf Zahlen ") as folder:
        whole = left_alone(Path(folder), args.jobs)
        spent = ", ".join(f"{kind} {s:.1f} s" for kind, s in whole.seconds.items())
        print(f"faults: {len(whole.results)} results when left alone: {spent}")
        fine = True
        for name, fault, count, times in (
            ("kill -9", kill, args.kills, 1),
            (f"kill -9, up to {ROW} in a row", kill, args.rows, ROW),
            ("SIGINT and SIGTERM", ask_to_stop, args.signals, 1),
        ):
            plan = [
                Plan(f"{args.seed} {name} {i}", CYCLE[i % len(CYCLE)], fault, times)
                for i in range(count)
            ]
            fine &= report(name, all_rounds(plan, whole, args.jobs))
        fine &= surroundings.try_all(whole.root)
    if not fine:
        sys.exit("faults: FAILED: something was lost, or a traceback was shown")
    print("faults: nothing was lost")


def left_alone(folder: Path, jobs: int) -> Whole:
    """Make the tiny project and run it without a fault."""
    root = folder / "whole"
    root.mkdir()
    tiny.copy(root)
    lengthen(root)
    tiny.commit(root)
    begun = time.monotonic()
    process, marks = start(root), {STARTING: begun}
    while process.poll() is None:
        for kind in kinds_begun(root):
            marks.setdefault(kind, time.monotonic())
        time.sleep(0.02)
    if process.returncode:
        raise InputError(f"the pipeline fails without a fault: {printed(root)}")
    times = [*marks.values(), time.monotonic()]
    pairs = zip(marks, times, times[1:], strict=False)
    free: SimpleQueue[Path] = SimpleQueue()
    for job in range(jobs):
        free.put(folder / f"zwölf {job}")
    return Whole(root, results(root), {k: b - a for k, a, b in pairs}, free)


def lengthen(root: Path) -> None:
    """Give the trainings enough steps to be killed amid them."""
    path = root / "params.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for recipe in content["recipes"].values():
        recipe.update({key: STEPS[key] for key in STEPS if key in recipe})
    content["train"]["save_every"] = 10
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def results(root: Path) -> dict[str, Any]:
    """Give what must not differ: every result's md5, and what dvc.lock says."""
    lock = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8")) or {}
    return {**surroundings.digests(root), **lock.get("stages", {})}


def all_rounds(plans: list[Plan], whole: Whole, jobs: int) -> list[Round]:
    """Play rounds, some at a time, and tell how far they are."""
    done: list[Round] = []
    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(lambda plan: play(plan, whole), plans):
            done.append(one)
            if len(done) % 20 == 0:
                print(f"faults: {len(done)} of {len(plans)} rounds", flush=True)
    return done


def play(plan: Plan, whole: Whole) -> Round:
    """Undo, stop it so many times, let it come to its end, and compare."""
    moment, one = random.Random(plan.seed), Round(plan.kind)
    longest, root = whole.seconds[plan.kind] / plan.times, whole.free.get()
    groups = []
    try:
        shutil.copytree(whole.root, root)
        undo(root, one.kind)
        while len(one.sent) < plan.times:
            process = start(root)
            groups.append(process.pid)
            caught = wait_for(root, process, one.kind)
            time.sleep(moment.uniform(0, longest) if caught else 0)
            if process.poll() is None:
                one.sent.append(plan.fault(process, moment))
                one.codes.append(process.wait())
            elif one.sent:
                break  # the run after a kill came to its end before the next one
            else:
                undo(root, one.kind)
            look(root, one)
            for cure in repro.cures(root):
                subprocess.run(["sh", "-c", cure], cwd=root, capture_output=True)
                one.mended += 1
        print(finish(root), end="")
        look(root, one)
        found = results(root)
        one.equal = found == whole.results
        for name in sorted(found | whole.results):
            if found.get(name) != whole.results.get(name):
                print(f"faults: round {plan.seed}, {one.kind}: {name} differs")
    finally:  # a stage whose DVC was killed may live on
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        shutil.rmtree(root, ignore_errors=True)
        whole.free.put(root)
    return one


def undo(root: Path, kind: str) -> None:
    """Make the pipeline what it was before the first stage of a kind."""
    first = ORDER.index("plot" if kind == STARTING else kind)
    path = root / "dvc.lock"
    if not path.is_file():
        return  # killed before the first stage had ended
    lock = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, stage in list(lock["stages"].items()):
        if ORDER.index(name.partition("@")[0]) >= first:
            for out in stage.get("outs", []):
                remove(root / out["path"])
            del lock["stages"][name]
    path.write_text(yaml.safe_dump(lock, sort_keys=False), encoding="utf-8")
    remove(root / ".dvc/cache/runs")  # or DVC would take the results from there


def remove(path: Path) -> None:
    """Delete a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def start(root: Path) -> Process:
    """Start `dvc repro` in a process group of its own."""
    (root / ".dvc/tmp").mkdir(exist_ok=True)
    with (root / ".dvc/tmp/output").open("w", encoding="utf-8") as output:
        return subprocess.Popen(
            ["dvc", "repro"],
            cwd=root,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )


def wait_for(root: Path, process: Process, kind: str) -> bool:
    """Wait until a stage of a kind has begun; false if the run ends before."""
    while kind != STARTING and kind not in kinds_begun(root):
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return True


def finish(root: Path) -> str:
    """Run the pipeline to its end; what it printed if it failed, or nothing."""
    return "" if start(root).wait() == 0 else printed(root)


def kill(process: Process, moment: random.Random) -> str:
    """Kill -9 the group, or the stage alone, or DVC alone; says which."""
    target = moment.choice(["all", "all", "the stage", "DVC"])
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


def ask_to_stop(process: Process, moment: random.Random) -> str:
    """Send SIGINT as Ctrl-C does, to the group, or SIGTERM."""
    number = moment.choice([signal.SIGINT, signal.SIGTERM])
    os.killpg(process.pid, number)
    return number.name


def children_of(process: int) -> list[int]:
    """Give the processes that a process has started."""
    listing = Path(f"/proc/{process}/task/{process}/children")
    return [int(n) for n in listing.read_text().split()] if listing.exists() else []


def printed(root: Path) -> str:
    """Read what the run in progress, or the last, has printed."""
    return (root / ".dvc/tmp/output").read_text(encoding="utf-8", errors="replace")


def kinds_begun(root: Path) -> list[str]:
    """Name the kinds of stages that have begun, in order."""
    return re.findall(r"Running stage '(\w+)", printed(root))


def look(root: Path, one: Round) -> None:
    """Count what a run said of going on, and keep the tracebacks of stages."""
    text = printed(root)
    one.resumed += text.count("going on after step")
    _, stage, after = text.partition("Running stage '")
    if "Traceback" in after:
        one.tracebacks.append(stage + after)


def report(name: str, rounds: list[Round]) -> bool:
    """Print what happened; true if every round ended as it must."""

    def listed(found: list[Any]) -> str:
        counted = sorted(Counter(found).items())
        return ", ".join(f"{what} {n}" for what, n in counted)

    equal = sum(one.equal for one in rounds)
    print(f"faults: {name}: {equal} of {len(rounds)} rounds ended with equal bytes")
    print(f"  stopped during: {listed([one.kind for one in rounds for _ in one.sent])}")
    print(f"  sent to: {listed([to for one in rounds for to in one.sent])}")
    print(f"  exit codes of DVC: {listed([c for one in rounds for c in one.codes])}")
    print(f"  trainings that went on from a state: {sum(r.resumed for r in rounds)}")
    print(f"  files of DVC's own cut short: {sum(r.mended for r in rounds)}")
    tracebacks = [text for one in rounds for text in one.tracebacks]
    for text in tracebacks:
        print(f"  traceback of a stage:\n{text}")
    sys.stdout.flush()
    return equal == len(rounds) and not tracebacks


if __name__ == "__main__":
    cli.run("faults", main)
