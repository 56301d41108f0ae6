"""Run the pipeline, several variants side by side if asked; DVC does the running.

Each variant is a `dvc --wait-for-lock repro -s` of its two stages; a last plain
`dvc repro` does what they have in common and confirms that nothing is left. A variant
that fails does not stop the others; the command then ends with its exit code.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from counting.base import cli, files, params
from counting.base.errors import InputError


def main() -> None:
    """Run the pipeline, with or without a git repository around it."""
    parser = argparse.ArgumentParser(prog="commands.repro", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="variants at a time")
    parser.add_argument("--force", action="store_true", help="run even what is current")
    args = parser.parse_args()
    # Ctrl-C reaches DVC and its stages by itself; wait until they have saved and ended
    stopped = Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    if args.jobs < 1:
        raise InputError(f"--jobs {args.jobs}: expected 1 or more variants")
    force = ["--force", "--no-run-cache"] if args.force else []
    with without_git(Path.cwd()):
        mend(Path())
        sys.exit(run(args.jobs, force, stopped))


def run(jobs: int, force: list[str], stopped: Event) -> int:
    """Run what all variants need, then the variants, then the rest; the exit code."""
    if jobs == 1:
        return subprocess.run(["dvc", "repro", *force]).returncode
    code = subprocess.run(["dvc", "repro", *force, "prepare"]).returncode
    if code:
        return code
    # the last first: each variant is dearer than those before it, and the dearest must
    # not be left to run alone
    variants = list(reversed(params.load().models))
    with ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(lambda name: reproduce(name, force, stopped), variants))
    for name, code in zip(variants, codes, strict=True):
        if code:
            print(f"repro: {name} failed, its output is above", file=sys.stderr)
    if any(codes):
        return max(codes, key=abs)
    return subprocess.run(["dvc", "repro"]).returncode


@contextlib.contextmanager
def without_git(folder: Path) -> Iterator[None]:
    """Let this run's DVC work where there is no git repository, as in an archive.

    It is told so by a configuration of the system's level that is gone afterwards.

    Raises:
        InputError: there is a repository, but git is missing or refuses it.
    """
    if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        check_git(folder)
        yield
        return
    print("repro: no git repository here or above: DVC does without, for this run")
    with tempfile.TemporaryDirectory() as config:
        Path(config, "config").write_text("[core]\n    no_scm = true\n")
        os.environ["DVC_SYSTEM_CONFIG_DIR"] = config
        try:
            yield
        finally:
            del os.environ["DVC_SYSTEM_CONFIG_DIR"]


def check_git(folder: Path) -> None:
    """Repeat what git has against a repository, with its cure.

    Raises:
        InputError: git is missing, or refuses the repository.
    """
    command = ["git", "-C", str(folder), "rev-parse", "--git-dir"]
    try:
        run = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise InputError(
            "git: not found, but this is a git repository: install it"
        ) from None
    if run.returncode:
        raise InputError(f"git refuses this repository: {run.stderr.strip()}")


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
        COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(text))
    except (YAMLError, Invalid) as error:
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
