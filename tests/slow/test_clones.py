"""Clones that share DVC's cache: what one has computed, no other computes again.

The play of .github/workflows/pipeline.yml without a provider: each clone makes one
variant, their caches are united, and one more clone arrives at the committed dvc.lock.
"""

import shutil
from pathlib import Path

from tests import tiny
from tests.conftest import Project

JOINING = ["plot", "report"]  # stages that need all variants


def git(project: Project, *words: str) -> str:
    outcome = project.shell("git", *words)
    assert outcome.code == 0, outcome.err
    return outcome.out


def clone(whole: Project, root: Path, *caches: Project) -> Project:
    """Clone without results, and with all that is in some projects' caches."""
    git(whole, "clone", "-q", ".", str(root))
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


def test_a_branch_visited_a_second_time_runs_nothing(
    whole: Project, tmp_path: Path
) -> None:
    project = clone(whole, tmp_path / "project", whole)
    assert ran(project) == []
    assert git(project, "status", "--porcelain") == ""
    git(project, "checkout", "-q", "-b", "fewer-samples")
    project.set("evaluate.samples", 1)
    assert ran(project) == [*(f"evaluate@{name}" for name in tiny.VARIANTS), *JOINING]
    git(project, "commit", "-qam", "Fewer samples")
    for branch in ("-", "fewer-samples"):
        git(project, "checkout", "-q", branch)
        assert ran(project) == []
        assert git(project, "status", "--porcelain") == ""


def test_clones_that_make_a_variant_each_are_joined_without_training(
    whole: Project, tmp_path: Path
) -> None:
    makers = []
    for name in tiny.VARIANTS:
        maker = clone(whole, tmp_path / name)
        own = [f"train@{name}", f"evaluate@{name}"]
        assert ran(maker, "prepare") == ["spell", "prepare"]
        assert ran(maker, "-s", *own) == own
        makers.append(maker)
    joined = clone(whole, tmp_path / "joined", *makers)
    assert ran(joined) == JOINING
    assert git(joined, "status", "--porcelain") == ""


def test_branches_that_both_changed_results_are_merged_by_taking_either_lock(
    whole: Project, tmp_path: Path
) -> None:
    project = clone(whole, tmp_path / "project", whole)
    git(project, "checkout", "-q", ".")
    for branch, samples in (("one", 1), ("other", 3)):
        git(project, "switch", "-qc", branch, "origin/HEAD")
        project.set("evaluate.samples", samples)
        assert ran(project)
        git(project, "commit", "-qam", branch)
    assert project.shell("git", "merge", "one").code == 1
    git(project, "checkout", "--theirs", "params.yaml", "dvc.lock")
    assert ran(project) == []
    git(project, "add", "-A")
    assert git(project, "diff", "--stat", "one") == ""
