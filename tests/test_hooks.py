"""The tests may run in a git hook, and leave the hook's repository alone."""

import os
import subprocess
import sys
from pathlib import Path

from tests import tiny

TEST = """
from tests.conftest import Project

def test_a_tiny_project_is_committed(project: Project) -> None:
    project.commit()
    assert project.shell("git", "status", "--porcelain").out == ""
    assert project.shell("git", "log", "--format=%s").out == "Tiny\\n"
"""
# every commit is to be signed, and runs a hook; both fail
CALLER = """
[commit]
    gpgsign = true
[gpg]
    program = false
[core]
    hooksPath = {hooks}
"""


def test_tests_in_a_hook_change_nothing_of_its_repository(tmp_path: Path) -> None:
    root, config, hook = (tmp_path / n for n in ("main", ".gitconfig", "pre-commit"))
    root.mkdir()
    tiny.copy(root, "tests")
    (root / "tests/test_tiny.py").write_text(TEST)
    tiny.commit(root)
    config.write_text(CALLER.format(hooks=tmp_path))
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    git = root / ".git"
    given = {
        "GIT_DIR": git, "GIT_INDEX_FILE": git / "index", "GIT_WORK_TREE": root,
        "HOME": tmp_path,
    }  # fmt: skip
    before = {path: path.read_bytes() for path in git.rglob("*") if path.is_file()}
    words = ["-m", "pytest", "-p", "no:cacheprovider", "tests/test_tiny.py"]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root, env=os.environ | {name: str(path) for name, path in given.items()},
        capture_output=True, text=True,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout
    after = {path: path.read_bytes() for path in git.rglob("*") if path.is_file()}
    assert after == before
