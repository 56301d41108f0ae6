"""Clones that share DVC's cache: what one has computed, no other computes again.

The play of .github/workflows/pipeline.yml without a provider: each clone makes one
variant, their caches are united, and one more clone arrives at the committed dvc.lock.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import tiny
from tests.conftest import Project, stages

RESULTS = ("dvc.lock", "reports")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A tiny project, run by DVC, all of it committed; do not change it."""
    root = tmp_path_factory.mktemp("clones") / "first"
    root.mkdir()
    tiny.copy(root)
    project = Project(root)
    project.commit()
    assert ran(project) == stages()
    git(project, "add", "-A")
    git(project, "commit", "-qm", "Results")
    return project


def git(project: Project, *words: str) -> str:
    command = ["git", *words]
    return subprocess.check_output(command, cwd=project.root, text=True)


def clone(first: Project, root: Path, *caches: Project) -> Project:
    """Clone without results, and with all that is in some projects' caches."""
    git(first, "clone", "-q", ".", str(root))
    for other in caches:
        cache = other.path(".dvc/cache")
        # without file modes, as an artifact of a CI provider arrives
        shutil.copytree(
            cache, root / ".dvc/cache", dirs_exist_ok=True,
            copy_function=shutil.copyfile,
        )  # fmt: skip
    (root / "dvc.lock").unlink()
    shutil.rmtree(root / "reports")
    return Project(root)


def ran(project: Project, *targets: str) -> list[str]:
    """Run `dvc repro`, and name the stages that ran and were not in the cache."""
    outcome = project.shell("dvc", "repro", *targets)
    assert outcome.code == 0, outcome.err + outcome.out
    lines = outcome.out.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


def test_a_clone_with_the_cache_of_another_runs_nothing(
    first: Project, tmp_path: Path
) -> None:
    second = clone(first, tmp_path / "second", first)
    assert ran(second) == []
    assert git(second, "status", "--porcelain") == ""


def test_a_branch_visited_a_second_time_runs_nothing(
    first: Project, tmp_path: Path
) -> None:
    project = clone(first, tmp_path / "project", first)
    git(project, "checkout", "-q", "-b", "fewer-samples")
    project.set("evaluate.samples", 1)
    assert ran(project) == ["evaluate@rnn", "evaluate@gru", "plot"]
    git(project, "commit", "-qam", "Fewer samples")
    for branch in ("-", "fewer-samples"):
        git(project, "checkout", "-q", branch)
        assert ran(project) == []
        assert git(project, "status", "--porcelain") == ""


def test_clones_that_make_a_variant_each_are_joined_without_training(
    first: Project, tmp_path: Path
) -> None:
    makers = []
    for name in tiny.VARIANTS:
        maker = clone(first, tmp_path / name)
        own = [f"train@{name}", f"evaluate@{name}"]
        assert ran(maker, "prepare") == ["spell", "prepare"]
        assert ran(maker, "-s", *own) == own
        makers.append(maker)
    joined = clone(first, tmp_path / "joined", *makers)
    assert ran(joined) == ["plot"]
    assert git(joined, "status", "--porcelain") == ""
