import os
import subprocess

import pytest

from commands import repro
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


def test_a_lock_list_that_a_kill_cut_short_is_removed(project: Project) -> None:
    path = project.path(".dvc/tmp/rwlock")
    path.parent.mkdir()
    for half in ("", '{"read": {"/some'):
        path.write_text(half)
        assert repro.mend(project.root) == 1
        assert not path.exists()


@pytest.mark.parametrize("end", [0, 9, LOCK.index("spell") + 6, -5, -1])
def test_a_lock_file_that_a_kill_cut_short_is_begun_anew(
    project: Project, end: int
) -> None:
    path = project.path("dvc.lock")
    path.write_text(LOCK[:end])
    assert repro.mend(project.root) == 1
    assert not path.exists()
    assert project.path(".dvc/tmp/dvc.lock.cut").read_text() == LOCK[:end]


def test_a_lock_file_that_a_kill_cut_short_becomes_the_committed_one(
    project: Project,
) -> None:
    path = project.path("dvc.lock")
    path.write_text(LOCK)
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "dvc.lock"], [*who, "commit", "-qm", "it"]):
        subprocess.run(["git", *command], cwd=project.root, check=True)
    path.write_text(LOCK[:20])
    assert repro.mend(project.root) == 1
    assert path.read_text() == LOCK


def test_whole_files_are_let_be(project: Project) -> None:
    assert not repro.mend(project.root)
    path, lock = project.path(".dvc/tmp/rwlock"), project.path("dvc.lock")
    path.parent.mkdir()
    path.write_text('{"read": {}}')
    lock.write_text(LOCK)
    assert not repro.mend(project.root)
    assert path.exists()
    assert lock.read_text() == LOCK


def test_without_a_repository_dvc_does_without_for_one_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DVC_SYSTEM_CONFIG_DIR", raising=False)
    before = project.contents(".dvc")
    with repro.without_git(project.root):
        assert project.shell("dvc", "status", "spell").code == 0
    assert "DVC_SYSTEM_CONFIG_DIR" not in os.environ
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
        "python", "-m", "commands.repro", GIT_TEST_ASSUME_DIFFERENT_OWNER="1"
    )
    assert refused.code == 2
    (line,) = refused.err.splitlines()
    assert "dubious ownership" in line
    assert "git config --global --add safe.directory" in line
    assert not project.path(".dvc/config.local").exists()
