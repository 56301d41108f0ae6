"""Run the pipeline with DVC, several variants side by side if asked.

Each variant is a `dvc repro -s` of its two stages. A last, plain `dvc repro` runs the
stages that all variants share, and confirms that nothing is left to do. A variant that
fails does not stop the others; the command then ends with its exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import FrameType

import psutil
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from counting.base import params
from counting.running import cli, repository

STOPPED = 128 + signal.SIGINT  # exit code


def main() -> None:
    """Run the pipeline, with or without a git repository around it."""
    parser = cli.Parser("counting.running.repro", __doc__)
    add = parser.add_argument
    add("--jobs", type=cli.whole(1), default=1, help="variants at a time")
    add("--force", action="store_true", help="run even what is current")
    args = parser.parse_args()
    force = ["--force", "--no-run-cache"] if args.force else []
    with without_git(Path.cwd()):
        code = run(args.jobs, force, stop_request())
    for cure, fault in cures(Path()).items() if code else ():
        print(f"repro: {fault}: `{cure}`, then run again", file=sys.stderr)
    sys.exit(code)


def run(jobs: int, force: list[str], stopped: Event) -> int:
    """Run what all variants need, then the variants, then the rest.

    Returns:
        The exit code of DVC, or one of a variant that failed.
    """
    if jobs == 1:
        return dvc(stopped, *force)
    if code := dvc(stopped, *force, "prepare"):
        return code

    def reproduce(variant: str) -> int:
        stages = (f"train@{variant}", f"evaluate@{variant}")
        code = dvc(stopped, *force, "-s", *stages, label=f"[{variant}] ")
        if code:
            print(f"repro: {variant} failed, its output is above", file=sys.stderr)
        return code

    # the last first: each variant takes longer than those before it, and the longest
    # must not be left to run alone
    with ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(reproduce, reversed(params.load().models)))
    return max(codes, key=abs) or dvc(stopped)


def dvc(stopped: Event, *words: str, label: str = "") -> int:
    """Run `dvc repro`, unless asked to stop, and give its exit code.

    With a label, which begins each line of its output, it waits for DVC's locks.
    """
    if stopped.is_set():
        return STOPPED
    if not label:
        return subprocess.run(["dvc", "repro", *words]).returncode
    process = subprocess.Popen(
        ["dvc", "--wait-for-lock", "repro", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in filter(str.strip, process.stdout):
        print(f"{label}{line.rstrip()}", flush=True)
    return process.wait()


def stop_request() -> Event:
    """Give an event that a signal sets; DVC and its stages then save and end.

    Ctrl-C in a terminal reaches all of them. `kill` sends SIGTERM to this process
    alone, which hands it on as SIGINT, since only then DVC waits for its stage.
    """
    stopped = Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopped.set()
        if number == signal.SIGTERM:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


@contextlib.contextmanager
def without_git(folder: Path) -> Iterator[None]:
    """Let DVC work in a folder without a git repository, such as an archive.

    A temporary configuration of the system's level tells it so.

    Raises:
        InputError: there is a repository, but git is missing or refuses it.
    """
    if any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        repository.git("rev-parse", "--git-dir", folder=folder)
        yield
        return
    print("repro: no git repository here or above: DVC does without, for this run")
    with tempfile.TemporaryDirectory() as config:
        Path(config, "config").write_text("[core]\n    no_scm = true\n")
        os.environ["DVC_SYSTEM_CONFIG_DIR"] = config
        yield


def cures(root: Path) -> dict[str, str]:
    """Find files of DVC's own that it cannot read: what is wrong, by its cure.

    DVC writes dvc.lock and its list of locks in place, so a kill can cut them short;
    and git leaves both sides of a merge in dvc.lock.
    """
    found = {}
    for name, cure in (
        (".dvc/tmp/rwlock", "rm .dvc/tmp/rwlock"),
        ("dvc.lock", "git checkout dvc.lock || rm dvc.lock"),
    ):
        path = root / name
        text = path.read_text(encoding="utf-8") if path.is_file() else "{}\n"
        if "\n<<<<<<< " in f"\n{text}":
            merge = f"{name} holds both sides of a merge"
            found["git checkout --ours dvc.lock"] = merge
        elif not is_whole(text):
            found[cure] = f"{name} was cut short by a kill"
    return found


def is_whole(text: str) -> bool:
    """Tell whether a mapping in YAML, or in JSON, which is YAML, ends as one does."""
    try:
        content = YAML(typ="safe").load(text)
    except YAMLError:
        return False
    return isinstance(content, dict) and text.endswith(("\n", "}"))


if __name__ == "__main__":
    cli.run("repro", main)
