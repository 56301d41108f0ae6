"""Variants that are gone are neither hashed nor drawn, through DVC itself."""

import shutil
from pathlib import Path

import pytest

from counting.running import leftovers
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
    for _ in range(2):  # what was set aside before is replaced
        add_variant(finished, "gru_wide")
        outcome = finished.run("plot")
        assert outcome.code == 0, outcome.err
        names = ("curves/gru_wide.csv", "metrics/gru_wide.json", "tables/gru_wide")
        assert [line.split()[1] for line in outcome.out.splitlines()] == [
            f"reports/{name}" for name in names
        ]
        assert "`rm -r .leftovers/reports/tables/gru_wide`" in outcome.out
        assert finished.contents(*FOLDERS) == before
    aside = finished.contents(".leftovers/reports/tables/gru_wide")
    assert [Path(name).name for name in aside] == sorted(
        Path(name).name for name in before if "tables/gru/" in name
    )


def test_hidden_files_and_the_variants_own_are_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("metrics")
    folder.mkdir()
    for name in (".gitkeep", "gru.json"):
        (folder / name).touch()
    assert leftovers.set_aside([folder], ["gru"]) == []
    assert leftovers.set_aside([folder], []) == [folder / "gru.json"]


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
    assert "up to date" in finished.shell("dvc", "status").out
