"""No space, no permission, a second run, damaged files: the results stay as they were.

A small file system of its own takes root; without, those tests are skipped.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Outcome, Project
from tests.slow.test_faults import results

CASES = [("evaluate@gru", "reports"), ("plot", "reports"), ("train@gru", ".resume")]
only_at_night = pytest.mark.skipif("not config.getoption('--long')", reason="long")
MADE = ("raw", "prepared", "models", "probes")


def run(project: Project, stage: str, redirect: str = "", **more: str) -> Outcome:
    """Run a stage as DVC does, its output redirected."""
    words = shlex.join([sys.executable, *project.command(stage)[1:]])
    return project.shell("sh", "-c", f"{words} {redirect}", **more)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a folder on a small file system of its own."""
    folder.mkdir(exist_ok=True)
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(kept)


@pytest.mark.parametrize(("stage", "folder"), CASES)
@pytest.mark.parametrize("fault", ["the disk is full", "the file system is read-only"])
def test_a_stage_that_cannot_write_says_so_and_leaves_the_files_of_before(
    stage: str, folder: str, fault: str, copy: Project
) -> None:
    disk = copy.path(folder)
    with small_disk(disk):
        if "full" in fault:
            subprocess.run(["dd", "if=/dev/zero", f"of={disk}/x"], capture_output=True)
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        before = copy.contents("data", "reports")
        outcome = run(copy, stage)
        assert outcome.code == 2
        assert fault in outcome.err.splitlines()[-1]
        assert "Traceback" not in outcome.err
        assert copy.contents("data", "reports") == before


def test_a_log_that_cannot_be_written_is_told(copy: Project) -> None:
    outcome = run(copy, "evaluate@gru", "> /dev/full")
    assert outcome.code == 2
    assert "the disk is full" in outcome.err


def test_an_error_with_an_umlaut_can_be_read_without_utf8(copy: Project) -> None:
    outcome = run(
        copy, "train@grü", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert outcome.code == 2
    assert "is not a variant in params.yaml" in outcome.err


@pytest.mark.parametrize("name", ["cache", "results"])
def test_what_is_damaged_is_put_back(name: str, whole: Project, copy: Project) -> None:
    if name == "cache":
        shutil.rmtree(copy.path("data/models"))
        damaged = list(copy.path(".dvc/cache/files").rglob("*"))
    else:
        names = ("data/raw/train.txt", "data/models/gru/seed-0.safetensors")
        damaged = [copy.path(name) for name in names]
    for path in damaged:
        if path.is_file() and path.suffix != ".dir":
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content[:-1] + b"?")
    assert copy.shell("dvc", "repro").code == 0
    assert results(copy) == results(whole)


@only_at_night
def test_of_two_runs_at_once_one_waits_or_is_refused(
    whole: Project, copy: Project
) -> None:
    for words, codes in (
        (["dvc", "repro", "-f"], {0, 255}),
        (["dvc", "--wait-for-lock", "repro"], {0}),
    ):
        for name in MADE:
            shutil.rmtree(copy.path(f"data/{name}"))
        copy.path("dvc.lock").unlink()
        runs = [copy.start(*words) for _ in range(2)]
        for process in runs:
            process.communicate()
        assert {process.returncode for process in runs} == codes
    assert results(copy) == results(whole)
