import os

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


@pytest.mark.parametrize("half", ["", '{"read": {"/some'])
def test_a_lock_list_that_a_kill_cut_short_is_named_with_its_cure(
    half: str, project: Project
) -> None:
    path = project.path(".dvc/tmp/rwlock")
    path.parent.mkdir()
    path.write_text(half)
    found = repro.cures(project.root)
    assert found == {"rm .dvc/tmp/rwlock": ".dvc/tmp/rwlock was cut short by a kill"}


@pytest.mark.parametrize("end", [0, 9, LOCK.index("spell") + 6, -5, -1])
def test_a_lock_file_that_a_kill_cut_short_is_named_with_its_cure(
    project: Project, end: int
) -> None:
    project.path("dvc.lock").write_text(LOCK[:end])
    (cure,) = repro.cures(project.root)
    assert project.shell("sh", "-c", cure).code == 0
    assert not repro.cures(project.root)


def test_whole_files_are_let_be(project: Project) -> None:
    assert not repro.cures(project.root)
    path, lock = project.path(".dvc/tmp/rwlock"), project.path("dvc.lock")
    path.parent.mkdir()
    path.write_text('{"read": {}}')
    lock.write_text(LOCK)
    assert not repro.cures(project.root)


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
        "python", "-m", "counting.running.repro", GIT_TEST_ASSUME_DIFFERENT_OWNER="1"
    )
    assert refused.code == 2
    (line,) = refused.err.splitlines()
    assert "dubious ownership" in line
    assert "git config --global --add safe.directory" in line
    assert not project.path(".dvc/config.local").exists()
