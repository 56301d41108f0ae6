"""What a provider's CI does, as far as it can be played by hand."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Project

ROOT = Path(__file__).parents[1]
FLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_the_first_push_of_a_repository_with_one_commit_has_a_summary(
    project: Project,
) -> None:
    project.path(".github").mkdir()
    shutil.copy(ROOT / ".github/summary.sh", project.path(".github"))
    project.commit()
    outcome = project.shell("bash", ".github/summary.sh", "0" * 40, FIGURES="", PAGE="")
    assert (outcome.code, outcome.err) == (0, "")
    assert "The first commit: there is nothing to compare with." in outcome.out


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_job_that_runs_again_does_not_find_its_artifacts_taken(path: Path) -> None:
    jobs: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    for job in jobs.values():
        for step in job["steps"]:
            if "/upload-artifact@" in step.get("uses", ""):
                assert step["with"]["overwrite"] is True, step


def test_results_are_kept_after_the_check_that_failed() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/pipeline.yml").read_text())[
        "jobs"
    ]["join"]["steps"]
    check = next(n for n, s in enumerate(steps) if s.get("id") == "committed")
    kept = next(
        n for n, s in enumerate(steps) if s.get("with", {}).get("name") == "results"
    )
    assert check < kept
    assert "steps.committed.outcome == 'failure'" in steps[kept]["if"]
