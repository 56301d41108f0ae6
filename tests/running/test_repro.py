import os
import signal
import sys
import time

import psutil
import pytest

from counting.running import repro
from tests.conftest import Project

LOCK = """schema: '2.0'
stages:
  spell:
    cmd: python -m stages.spell
    outs:
    - path: data/raw/train.txt
      hash: md5
      md5: 0123456789abcdef0123456789abcdef
      size: 123
"""


@pytest.mark.parametrize(
    ("name", "whole", "ends"),
    [
        (".dvc/tmp/rwlock", '{"read": {"data/raw": 1}}', (0, 15)),
        ("dvc.lock", LOCK, (0, 9, LOCK.index("spell") + 6, -5, -1)),
    ],
)
def test_a_file_of_dvc_that_a_kill_cut_short_is_named_with_its_cure(
    name: str, whole: str, ends: tuple[int, ...], project: Project
) -> None:
    path = project.path(name)
    path.parent.mkdir(exist_ok=True)
    for end in ends:
        path.write_text(whole[:end])
        ((cure, fault),) = repro.cures(project.root).items()
        assert fault == f"{name} was cut short by a kill"
        assert project.shell("sh", "-c", cure).code == 0
        assert not repro.cures(project.root)
    path.write_text(whole)
    assert not repro.cures(project.root)


def test_both_sides_of_a_merge_in_the_lock_file_are_told_with_their_cure(
    project: Project,
) -> None:
    lock = project.path("dvc.lock")
    lock.write_text(LOCK)
    project.commit()
    for words, size in ((["-b", "other"], "456"), (["-"], "789")):
        project.shell("git", "checkout", "-q", *words)
        lock.write_text(LOCK.replace("123", size))
        project.shell("git", "commit", "-qam", size)
    assert project.shell("git", "merge", "other").code == 1
    ((cure, fault),) = repro.cures(project.root).items()
    assert (cure, fault) == (
        "git checkout --ours dvc.lock", "dvc.lock holds both sides of a merge",
    )  # fmt: skip
    assert project.shell("sh", "-c", cure).code == 0
    assert lock.read_text() == LOCK.replace("123", "789")
    assert not repro.cures(project.root)


def test_without_a_repository_dvc_does_without_for_one_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", "")  # and take away what is set
    before = project.contents(".dvc")
    with repro.without_git(project.root):
        assert project.shell("dvc", "status", "spell").code == 0
    assert project.contents(".dvc/config") == {".dvc/config": before[".dvc/config"]}
    assert not project.path(".dvc/config.local").exists()


def test_what_git_has_against_a_repository_is_repeated_and_nothing_is_written(
    project: Project,
) -> None:
    project.commit()
    folder = project.path("inner")
    folder.mkdir()
    with repro.without_git(folder):
        pass
    # git takes this variable for "owned by another user", in its own tests
    refused = project.shell(
        "python", "-m", "counting.running.repro", GIT_TEST_ASSUME_DIFFERENT_OWNER="1"
    )
    assert refused.code == 2
    (line,) = refused.err.splitlines()
    assert "dubious ownership" in line
    assert "git config --global --add safe.directory" in line
    assert not project.path(".dvc/config.local").exists()


def test_a_python_without_the_libraries_is_told_what_to_do(project: Project) -> None:
    outcome = project.shell(sys.executable, "-S", "-m", "stages.spell")
    assert outcome.code == 1
    assert "`source .venv/bin/activate` first" in outcome.err
    assert outcome.err.count("\n") == 1


def test_what_the_runner_has_started_ends_with_it_and_goes_on_in_the_next_run(
    project: Project,
) -> None:
    for recipe, length in (("article", "epochs"), ("unseen", "steps")):
        project.set(f"recipes.{recipe}.{length}", 3000)
    project.commit()
    command = ("python", "-m", "counting.running.repro", "--jobs", "2")
    running = project.start(*command)
    assert running.stdout is not None
    while len(list(project.root.glob(".resume/*/seed-0.state"))) < 2:
        assert running.poll() is None
        time.sleep(0.05)
    started = psutil.Process(running.pid).children(recursive=True)
    os.kill(running.pid, signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode not in (0, -signal.SIGTERM)
    assert not [process for process in started if process.is_running()]
    project.set("train.seeds", [0])
    again = project.start(*command)
    for line in again.stdout or ():
        if "going on after step" in line:
            break
        assert "already running" not in line
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
