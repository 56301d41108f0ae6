"""What else may happen to a run: no space, no permission, a second run, no git.

Each trial is made in a finished tiny project, prints what a user sees, and must leave
the bytes of the project's results as they were.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TRAIN = (
    "python -m stages.train --variant gru --prepared data/prepared "
    "--out data/models/gru --curves reports/curves/gru.csv"
)
EVALUATE = (
    "python -m stages.evaluate --model data/models/gru --prepared data/prepared "
    "--metrics reports/metrics/gru.json --tables reports/tables/gru "
    "--probes data/probes/gru.json"
)
PLOT = (
    "python -m stages.plot --curves reports/curves --metrics reports/metrics "
    "--tables reports/tables --out reports/figures"
)

Trial = Callable[[Path], list[str]]


def digests(root: Path) -> dict[str, str]:
    """Give the md5 of every result by path; a temporary file counts like any other."""
    return {
        str(path.relative_to(root)): hashlib.md5(path.read_bytes()).hexdigest()
        for name in ("data", "reports")
        for path in sorted((root / name).rglob("*"))
        if path.is_file()
    }


def try_all(root: Path) -> bool:
    """Make every trial; true if each left the results as they were."""
    fine, expected = True, digests(root)
    for trial in (
        full_disk,
        full_output,
        read_only,
        two_at_once,
        damaged_cache,
        damaged_results,
        no_git,
        terminal_without_utf8,
    ):
        print(f"faults: {(trial.__doc__ or '').splitlines()[0]}")
        try:
            lines = trial(root)
        except PermissionError:
            lines = ["skipped: only root may mount a small file system"]
        if digests(root) != expected:
            fine = False
            lines.append("FAILED: the results are not what they were")
        print("".join(f"  {line}\n" for line in lines), end="", flush=True)
    return fine


def full_disk(root: Path) -> list[str]:
    """Disk full: a stage is told so, and the files of before stay."""
    lines = []
    for folder, stage in (("reports", EVALUATE), ("reports", PLOT), (".resume", TRAIN)):
        (root / folder).mkdir(exist_ok=True)
        with small_disk(root / folder) as fill:
            fill()
            before = digests(root)
            lines += said(root, stage)
            if digests(root) != before:
                lines.append("FAILED: files were changed")
    (root / ".resume").rmdir()
    return lines


def full_output(root: Path) -> list[str]:
    """Disk full under the log that the output is sent to."""
    return said(root, f"sh -c '{EVALUATE} > /dev/full'")


def read_only(root: Path) -> list[str]:
    """Read-only folder: a stage is told so."""
    lines = []
    for folder, stage in (("reports", EVALUATE), (".resume", TRAIN)):
        (root / folder).mkdir(exist_ok=True)
        with small_disk(root / folder):
            mount("-o", "remount,ro", str(root / folder))
            lines += said(root, stage)
    (root / ".resume").rmdir()
    return lines


def two_at_once(root: Path) -> list[str]:
    """Two at once: one runs, the other says that it cannot, or waits if asked to."""
    shutil.rmtree(root / "data")
    (root / "dvc.lock").unlink()
    lines = []
    for words in (["dvc", "repro", "-f"], ["dvc", "--wait-for-lock", "repro"]):
        runs = [begin(root, words) for _ in range(2)]
        for run in runs:
            _, errors = run.communicate()
            last = errors.strip().splitlines()[-1:] or [""]
            lines.append(f"{' '.join(words)}: exit {run.returncode}: {last[0][:150]}")
    first = begin(root, shlex.split(TRAIN))
    lines += said(root, TRAIN)
    first.wait()
    shutil.rmtree(root / ".resume", ignore_errors=True)
    return lines


def damaged_cache(root: Path) -> list[str]:
    """Cache entries damaged: DVC sees it, the stages make the files again."""
    for path in (root / ".dvc/cache/files").rglob("*"):
        if path.is_file() and not path.name.endswith(".dir"):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    shutil.rmtree(root / "data/models")
    return said(root, "dvc repro")


def damaged_results(root: Path) -> list[str]:
    """Results damaged (a number missing, weights cut): DVC puts them back."""
    text = root / "data/raw/train.txt"
    weights = root / "data/models/gru/seed-0.safetensors"
    for path in (text, weights):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:-20])
    return said(root, "dvc repro")


def no_git(root: Path) -> list[str]:
    """No git repository, as in an unpacked archive."""
    (root / ".git").rename(root / ".not-git")
    try:
        return said(root, "python -m counting.running.repro")
    finally:
        (root / ".not-git").rename(root / ".git")
        (root / ".dvc/config.local").unlink(missing_ok=True)


def terminal_without_utf8(root: Path) -> list[str]:
    """A terminal without UTF-8: an error with an umlaut in it can still be read."""
    return said(
        root,
        "python -m stages.train --variant grü --prepared x --out x --curves x",
        LC_ALL="C",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )


def begin(root: Path, words: list[str], **more: str) -> subprocess.Popen[str]:
    """Start a command in the project."""
    return subprocess.Popen(
        words,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **more},
    )


def said(root: Path, command: str, **more: str) -> list[str]:
    """Run a command; its exit code, and what it said on standard error."""
    words = shlex.split(command)
    run = begin(root, words, **more)
    _, errors = run.communicate()
    name = " ".join(words[:3]) if words[0] == "python" else " ".join(words[:2])[:40]
    lines = [f"{name}: exit {run.returncode}"]
    return lines + [f"  {line[:150]}" for line in errors.strip().splitlines()]


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """Put a folder on a small file system of its own; gives what fills it up.

    Raises:
        PermissionError: only root may.
    """
    if os.geteuid() != 0:
        raise PermissionError
    with tempfile.TemporaryDirectory() as kept:
        shutil.copytree(folder, kept, dirs_exist_ok=True)
        mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
        try:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            yield lambda: fill(folder / ".filler")
        finally:
            subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    try:
        with path.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        return


def mount(*words: str) -> None:
    """Mount, or say that one may not."""
    if subprocess.run(["mount", *words], capture_output=True).returncode:
        raise PermissionError


def send(process: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended already."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return
