"""Run the pipeline, several variants side by side if asked; DVC does the running.

Each variant is a `dvc --wait-for-lock repro -s` of its two stages; a last plain
`dvc repro` does what they have in common and confirms that nothing is left. A variant
that fails does not stop the others; the command then ends with its exit code.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import yaml

from counting.base import cli, files, params


def main() -> None:
    """Run what all variants need, then the variants, then the rest."""
    parser = argparse.ArgumentParser(prog="commands.repro", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="variants at a time")
    parser.add_argument("--force", action="store_true", help="run even what is current")
    args = parser.parse_args()
    # Ctrl-C reaches DVC and its stages by itself; wait until they have saved and ended
    stopped = Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    if args.jobs < 1:
        raise cli.InputError(f"--jobs {args.jobs}: expected 1 or more variants")
    do_without_git()
    mend(Path())
    force = ["--force", "--no-run-cache"] if args.force else []
    if args.jobs == 1:
        sys.exit(subprocess.run(["dvc", "repro", *force]).returncode)
    run = subprocess.run(["dvc", "repro", *force, "prepare"])
    if run.returncode:
        sys.exit(run.returncode)
    # the last first: each variant is dearer than those before it, and the dearest must
    # not be left to run alone
    variants = list(reversed(params.load().models))
    with ThreadPoolExecutor(args.jobs) as pool:
        codes = list(pool.map(lambda name: reproduce(name, force, stopped), variants))
    for name, code in zip(variants, codes, strict=True):
        if code:
            print(f"repro: {name} failed, its output is above", file=sys.stderr)
    if any(codes):
        sys.exit(max(codes))
    sys.exit(subprocess.run(["dvc", "repro"]).returncode)


def do_without_git() -> None:
    """Let DVC work where there is no git repository, such as in an unpacked archive."""
    git, question = shutil.which("git"), ["rev-parse", "--git-dir"]
    inside = (
        git and not subprocess.run([git, *question], capture_output=True).returncode
    )
    if not inside:
        print("repro: no git repository here: DVC goes without (.dvc/config.local)")
        subprocess.run(["dvc", "config", "--local", "core.no_scm", "true"], check=True)


def mend(root: Path) -> int:
    """Mend what a kill cut short while DVC wrote it; how many files that were.

    DVC writes its list of locks and dvc.lock in place, and refuses to read a part of
    them. The list is removed. In the place of dvc.lock comes the committed one, if
    there is one; what is newer comes from DVC's run cache.
    """
    locks, lock = root / ".dvc/tmp/rwlock", root / "dvc.lock"
    cut = [path for path, read in ((locks, json.loads), (lock, read_lock))
           if not is_whole(path, read)]  # fmt: skip
    if locks in cut:
        locks.unlink(missing_ok=True)
        print(f"repro: {locks} was cut short by a kill: removed")
    if lock in cut:
        aside = root / ".dvc/tmp/dvc.lock.cut"
        aside.parent.mkdir(exist_ok=True)
        lock.replace(aside)
        command = ["git", "show", "HEAD:./dvc.lock"]
        with contextlib.suppress(OSError):  # no git on this machine
            found = subprocess.run(command, cwd=root, capture_output=True, text=True)
            if found.returncode == 0:
                files.write_text(lock, found.stdout)
        state = "as committed" if lock.is_file() else "begun anew"
        print(f"repro: {lock} was cut short by a kill: {state}, set aside as {aside}")
    return len(cut)


def is_whole(path: Path, read: Callable[[str], object]) -> bool:
    """Tell whether a file can be read; a second look spares one just being written."""
    for pause in (0.5, 0.0):
        if not path.is_file():
            return True
        try:
            read(path.read_text(encoding="utf-8"))
        except ValueError:
            time.sleep(pause)
        else:
            return True
    return False


def read_lock(text: str) -> None:
    """Read dvc.lock as DVC does; ValueError if DVC would not, or the end is missing."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    if not text.endswith("\n"):
        raise ValueError("no end of line at the end")
    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(text))
    except (yaml.YAMLError, Invalid) as error:
        raise ValueError(str(error)) from None


def reproduce(variant: str, force: list[str], stopped: Event) -> int:
    """Train and evaluate one variant; each of its lines carries its name."""
    if stopped.is_set():
        return 128 + signal.SIGINT
    stages = [f"train@{variant}", f"evaluate@{variant}"]
    command = ["dvc", "--wait-for-lock", "repro", *force, "-s", *stages]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip():
            print(f"[{variant}] {line.rstrip()}", flush=True)
    return process.wait()


if __name__ == "__main__":
    cli.run("repro", main)
