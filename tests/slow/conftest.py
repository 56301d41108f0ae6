"""A tiny project that DVC has run, and how often a slow proof is played."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import tiny
from tests.conftest import Project

LENGTHS = {"epochs": 12, "steps": 90}  # of trainings that can be stopped amid them


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a round of each proof in the gate, as many as its mark says at night."""
    if (mark := metafunc.definition.get_closest_marker("rounds")) is not None:
        rounds = mark.args[0] if metafunc.config.getoption("--long") else 1
        metafunc.parametrize("number", range(rounds))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A tiny project, run by DVC, its results committed; do not change it."""
    root = tmp_path_factory.mktemp("zwölf Zahlen") / "whole"
    root.mkdir()
    tiny.copy(root)
    project = Project(root)
    for name, recipe in tiny.PARAMS["recipes"].items():
        for key in LENGTHS.keys() & recipe.keys():
            project.set(f"recipes.{name}.{key}", LENGTHS[key])
    project.commit()
    outcome = project.shell("dvc", "repro")
    assert outcome.code == 0, outcome.err + outcome.out
    tiny.commit(root)
    return project


@pytest.fixture
def copy(whole: Project, tmp_path: Path) -> Project:
    """A copy of the whole project, with its cache, to be changed."""
    root = tmp_path / "zwölf"
    shutil.copytree(whole.root, root)
    return Project(root)
