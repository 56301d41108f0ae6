"""dvc.yaml tells the truth: every claim in it is computed again from the code."""

import ast
import json
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml

from tests.conftest import Project, stages
from tests.stages.imports import ROOT, closure, imports_of

PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = {name: stage.get("do", stage) for name, stage in PIPELINE["stages"].items()}
each_stage = pytest.mark.parametrize("stage", STAGES)

RESULTS = (ROOT / "requirements-results.txt").read_text().splitlines()
PINNED = {pin.partition("==")[0].lower() for pin in RESULTS}
# pydantic and ruamel.yaml read parameters, psutil looks for memory, tqdm draws a bar,
# distributed asks a worker for the same bits: none can change a result
HARMLESS = {
    "cloudpickle",
    "distributed",
    "psutil",
    "pydantic",
    "pydantic_core",
    "ruamel",
    "tqdm",
}
RUNNING = ROOT / "counting" / "running"  # a dependency of no stage


def results_of(stage: str) -> set[Path]:
    """Collect what a stage's results come from: all it imports but for the running."""
    return {path for path in closure(entry(stage)) if path.parent != RUNNING}


def entry(stage: str) -> Path:
    return ROOT / "stages" / f"{stage}.py"


def declared(stage: str, suffix: str) -> set[str]:
    return {dep for dep in STAGES[stage]["deps"] if dep.endswith(suffix)}


def dependency(path: Path) -> str:
    """Name the dependency that covers a file: a folder of `counting`, or itself."""
    name = path.relative_to(ROOT)
    inner = name.parts[0] == "counting" and len(name.parts) > 2
    return "/".join(name.parts[:2]) if inner else name.as_posix()


@each_stage
def test_every_import_lies_in_a_declared_folder_and_each_is_needed(stage: str) -> None:
    files = results_of(stage) - {ROOT / "stages" / "__init__.py"}
    declared = {
        dep for dep in STAGES[stage]["deps"] if dep.startswith(("counting", "stages"))
    }
    assert declared == {dependency(path) for path in files}


@each_stage
def test_what_a_stage_imports_is_pinned_where_it_can_change_results(stage: str) -> None:
    packages = {
        name.partition(".")[0]
        for path in closure(entry(stage))
        for name in imports_of(path)
    }
    known = PINNED | HARMLESS | {"stages", "counting"}
    assert not {name for name in packages - known if not is_standard(name)}
    assert "requirements-results.txt" in STAGES[stage]["deps"]


def is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names


@each_stage
def test_params_of_a_stage_are_exactly_the_sections_it_reads(stage: str) -> None:
    tree = ast.parse(entry(stage).read_text())
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
    }
    if "variant" in read:  # Params.variant reads a model and its recipe
        read = read - {"variant"} | {"models", "recipes"}
    if stage == "plot":  # whose claims of the article depend on all that they ask for
        read |= {"evaluate", "models", "recipes", "spell"}
    listed = {param.partition(".")[0] for param in STAGES[stage].get("params", [])}
    assert listed == read


def test_module_names_are_stage_names() -> None:
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert modules == set(STAGES)


@each_stage
def test_a_stage_runs_its_own_module_with_named_flags(stage: str) -> None:
    words = STAGES[stage]["cmd"].split()
    assert words[:3] == ["python", "-m", f"stages.{stage}"]
    assert all(flag.startswith("--") for flag in words[3::2])


def test_what_results_come_from_never_imports_what_runs_them() -> None:
    rooms = {dep for s in STAGES.values() for dep in s["deps"]}
    files = [path for room in rooms for path in (ROOT / room).glob("*.py")]
    inner = [path for path in files if path.is_relative_to(ROOT / "counting")]
    assert inner
    for path in inner:
        assert not {f for f in closure(path) if f.parent == RUNNING}, path


def test_no_samples_may_be_asked_for(finished: Project) -> None:
    finished.set("evaluate.samples", 0)
    for name in ("rnn", "gru"):
        assert finished.run(f"evaluate@{name}").code == 0
        samples = finished.path(f"reports/tables/{name}/samples.csv").read_text()
        assert samples.count("\n") == 1


# all that stages use of `running` beside the command line itself, and what does nothing
STAND_INS: dict[str, Any] = {
    "cli.progress": MagicMock(),
    "cli.watched": lambda parts, *_: parts,
    "leftovers.told": lambda *_: [],
    "memory.check": lambda *_: None,
    "resume.exclusive": nullcontext,
    "resume.fingerprint": lambda *_: "",
    "resume.stop_signals": nullcontext,
    "resume.Keeper": lambda *_: None,
}


def test_results_are_the_same_whatever_runs_the_stages(
    project: Project, finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, stand_in in STAND_INS.items():
        monkeypatch.setattr(f"counting.running.{name}", stand_in)
    monkeypatch.setattr("stages.train.Progress", MagicMock())
    project.run_all()
    assert project.contents("data", "reports") == finished.contents("data", "reports")


@pytest.mark.parametrize("stage", stages())
def test_a_stage_reads_nothing_but_its_deps_and_writes_exactly_its_outs(
    stage: str, project: Project, finished_root: Path
) -> None:
    name, _, key = stage.partition("@")
    text = json.dumps(STAGES[name]).replace("${spell.texts}", "numbers")
    one = json.loads(text.replace("${key}", key))
    listed = [out for kind in ("outs", "metrics", "plots") for out in one.get(kind, [])]
    outs = [out if isinstance(out, str) else next(iter(out)) for out in listed]
    done = Project(finished_root)
    for path, content in done.contents(*one["deps"]).items():
        if path.startswith(("data/", "reports/")):
            project.path(path).parent.mkdir(parents=True, exist_ok=True)
            project.path(path).write_bytes(content)
    given = project.contents("data", "reports")
    outcome = project.run(stage)
    assert outcome.code == 0, outcome.err
    assert project.contents("data", "reports") == given | done.contents(*outs)


@each_stage
def test_a_stage_uses_nothing_else_of_what_runs_it(stage: str) -> None:
    known = {*STAND_INS, "cli.Parser", "cli.run", "resume.SCRATCH"}
    known |= {"cluster.connect", "cluster.results"}  # compared in test_cluster
    modules = {path.stem for path in RUNNING.glob("*.py")}
    used = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(entry(stage).read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules
    }
    assert not used - known


@each_stage
def test_no_stage_imports_a_stage(stage: str) -> None:
    others = {entry(other) for other in STAGES} - {entry(stage)}
    assert not closure(entry(stage)) & others


def test_counting_never_imports_a_stage() -> None:
    entries = {entry(stage) for stage in STAGES}
    for path in (ROOT / "counting").rglob("*.py"):
        assert not closure(path) & entries


def test_stages_that_do_not_compute_never_import_torch() -> None:
    for stage in ("spell", "prepare", "plot"):
        names = {n for path in closure(entry(stage)) for n in imports_of(path)}
        assert not {name for name in names if name.partition(".")[0] == "torch"}


def test_direct_dependencies_are_what_the_project_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = set(project["dependencies"])
    folders = ("counting", "stages", "studies")
    files = [path for name in folders for path in (ROOT / name).rglob("*.py")]
    names = {name.partition(".")[0] for path in files for name in imports_of(path)}
    names -= {*folders, "huggingface_hub", "jax", "onnxruntime", "optax"}
    names -= {"cloudpickle", "pydantic_core", "voluptuous"}  # come with others
    known_as = {"ruamel": "ruamel.yaml", "yaml": "pyyaml"}
    third_party = {known_as.get(n, n) for n in names if not is_standard(n)}
    third_party |= {"dvc"}  # a command
    assert third_party == listed


def test_everything_is_pinned_exactly() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert "-r requirements-results.txt" in lines
    pins = [*RESULTS, *(line for line in lines if not line.startswith(("#", "-r")))]
    assert all(pin.count("==") == 1 and "+" not in pin for pin in pins)
