"""Variants that are gone are neither hashed nor drawn, through DVC itself."""

import shutil

from tests.conftest import Project

FOLDERS = ("reports/curves", "reports/metrics", "reports/tables")


def add_variant(project: Project, name: str) -> None:
    """Put results of a variant that params.yaml does not have beside the others."""
    for path in ("reports/curves/{}.csv", "reports/metrics/{}.json"):
        shutil.copy(project.path(path.format("gru")), project.path(path.format(name)))
    tables = project.path("reports/tables")
    shutil.copytree(tables / "gru", tables / name)


def test_what_belongs_to_no_variant_is_moved_aside_and_named(
    finished: Project,
) -> None:
    before = finished.contents(*FOLDERS)
    add_variant(finished, "gru_wide")
    finished.path(".leftovers/reports/tables/gru_wide").mkdir(
        parents=True
    )  # is replaced
    outcome = finished.run("plot")
    assert outcome.code == 0, outcome.err
    names = ("curves/gru_wide.csv", "metrics/gru_wide.json", "tables/gru_wide")
    assert [line.split()[1] for line in outcome.out.splitlines()] == [
        f"reports/{name}" for name in names
    ]
    assert "`rm -r .leftovers/reports/tables/gru_wide`" in outcome.out
    assert finished.contents(*FOLDERS) == before
    assert finished.path(".leftovers/reports/tables/gru_wide/seeds.csv").is_file()


def test_dvc_hashes_nothing_of_a_variant_that_is_gone(finished: Project) -> None:
    finished.commit()
    committed = finished.shell("dvc", "commit", "-q", "-f")
    assert committed.code == 0, committed.err
    lock = finished.contents("dvc.lock")
    add_variant(finished, "gru_wide")
    outcome = finished.shell("dvc", "repro")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("belongs to no variant") == 3
    assert finished.contents("dvc.lock") == lock
