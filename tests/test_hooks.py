"""The tests may run in a hook, and leave the repository that it belongs to alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny

TEST = """
from tests.conftest import Project

def test_a_tiny_project_is_committed(project: Project) -> None:
    project.commit()
    assert project.shell("git", "status", "--porcelain").out == ""
    assert project.shell("git", "log", "--format=%s").out == "Tiny\\n"
"""
PYTEST = f"{sys.executable} -m pytest -p no:cacheprovider tests/test_tiny.py"
CALLER = """
[user]
    name = caller
    email = caller@localhost
[commit]
    gpgsign = true
[gpg]
    program = false
[core]
    hooksPath = {hooks}
"""


class Repository:
    """A copy of the project with its tests, and a git that is set up to get in the way.

    Every commit is to be signed, which fails, and every commit runs tests.
    """

    def __init__(self, folder: Path) -> None:
        self.root, config, hook = (folder / n for n in ("main", "config", "pre-commit"))
        self.environment = {**os.environ, "GIT_CONFIG_GLOBAL": str(config)}
        self.root.mkdir()
        tiny.copy(self.root, "tests")
        (self.root / "tests/test_tiny.py").write_text(TEST)
        config.write_text(CALLER.format(hooks=folder))
        self.git("init", "-q")
        self.commit("First")
        hook.write_text(f"#!/bin/sh\n{PYTEST}\n")
        hook.chmod(0o755)

    def git(self, *words: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder or self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def commit(self, message: str, folder: Path | None = None) -> str:
        self.git("add", "-A", folder=folder)
        return self.git("commit", "--no-gpg-sign", "-m", message, folder=folder)

    def state(self, folder: Path) -> list[str]:
        """Everything that nothing but the commit itself may change."""
        config = (self.root / ".git/config").read_text()
        status = self.git("status", "--porcelain", folder=folder)
        return [config, status, self.git("ls-files", folder=folder)]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("hooks"))


@pytest.mark.parametrize("place", ["main", "worktree"])
def test_tests_in_a_hook_change_nothing_but_what_is_committed(
    place: str, repository: Repository
) -> None:
    folder = repository.root.parent / place
    if place == "worktree":
        repository.git("worktree", "add", "-q", str(folder))
    before = repository.state(folder)
    (folder / "README.md").write_text(f"New in {place}\n")
    assert "1 passed" in repository.commit("Next", folder)
    changed = repository.git("diff", "--name-only", "HEAD^", folder=folder)
    assert changed == "README.md\n"
    config, status, files = repository.state(folder)
    assert [config, status] == before[:2]
    assert set(files.split()) - set(before[2].split()) <= {"README.md"}


def test_tests_at_every_step_of_a_rebase_change_nothing(repository: Repository) -> None:
    for name in ("a", "b"):
        (repository.root / name).write_text(name)
        repository.git("add", name)
        repository.git("commit", "-q", "--no-verify", "--no-gpg-sign", "-m", name)
    before = repository.state(repository.root), repository.git("write-tree")
    words = ("rebase", "--no-gpg-sign", "--exec", PYTEST, "HEAD~1")
    assert "1 passed" in repository.git(*words)
    assert (repository.state(repository.root), repository.git("write-tree")) == before
