"""A tiny project of its own for each test, and its stages as calls."""

from __future__ import annotations

import importlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from counting.running import cli
from tests import tiny

# one folder of machine code for the tests and every command that they start
os.environ.setdefault("COUNTING_COMPILED", str(Path(__file__).parents[1] / ".compiled"))
# networks this small are slower by PyTorch's threads, many times beside other work
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="slow proofs as at night: a hundred kills"
    )


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Project:
    """A tiny project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    @property
    def params(self) -> dict[str, Any]:
        """The content of params.yaml, to be changed and given to `write_params`."""
        content = yaml.safe_load(self.path("params.yaml").read_text(encoding="utf-8"))
        assert isinstance(content, dict)
        return content

    def write_params(self, content: Any) -> None:
        text = yaml.safe_dump(content, sort_keys=False)
        self.path("params.yaml").write_text(text, encoding="utf-8")

    def set(self, key: str, value: Any) -> None:
        """Change one parameter, named as in `dvc exp run -S`: models.gru.batch_size."""
        content = section = self.params
        *sections, last = key.split(".")
        for name in sections:
            section = section[name]
        section[last] = value
        self.write_params(content)

    def command(self, stage: str) -> list[str]:
        """Give the command line that dvc.yaml has for a stage such as train@gru."""
        name, _, key = stage.partition("@")
        content = yaml.safe_load(self.path("dvc.yaml").read_text(encoding="utf-8"))
        entry = content["stages"][name]
        text: str = entry.get("do", entry)["cmd"].replace("${key}", key)
        return shlex.split(
            text.replace("${spell.texts}", self.params["spell"]["texts"])
        )

    def run(self, stage: str, *more: str) -> Outcome:
        """Run a stage as dvc.yaml does, in this process; `more` overrides flags."""
        _, _, module, *flags = self.command(stage)
        return self.call(module, *flags, *more)

    def call(self, module: str, *flags: str) -> Outcome:
        """Run `python -m module flags` in this process, in the project's folder."""
        main: Callable[[], None] = importlib.import_module(module).main
        out, err = StringIO(), StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(err),
            usual_signals(),
        ):
            patch.chdir(self.root)
            patch.setattr(sys, "argv", [module, *flags])
            with pytest.raises(SystemExit) as ended:
                cli.run(module.rpartition(".")[2], main)
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, out.getvalue(), err.getvalue())

    def run_all(self) -> None:
        """Run the whole pipeline in this process, without DVC."""
        for stage in stages():
            outcome = self.run(stage)
            assert outcome.code == 0, outcome.err

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a real command line; `python` and `dvc` are those of the tests."""
        tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.Popen(
            words,
            cwd=self.root,
            env={**os.environ, "PATH": tools, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def shell(self, *words: str, **environment: str) -> Outcome:
        """Run a real command line to its end."""
        process = self.start(*words, **environment)
        out, err = process.communicate()
        return Outcome(process.returncode, out, err)

    def commit(self) -> None:
        """Make a git repository of the project."""
        tiny.commit(self.root)

    def contents(self, *names: str) -> dict[str, bytes]:
        """Read files, and all files of folders, by path; all there are by default."""
        found = [path for name in names or (".",) for path in files_of(self.path(name))]
        return {str(p.relative_to(self.root)): p.read_bytes() for p in sorted(found)}


@contextmanager
def usual_signals() -> Iterator[None]:
    """Start from Python's own handlers, as a command on a terminal does; put back."""
    usual: dict[int, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, how) for number, how in usual.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def files_of(path: Path) -> Iterator[Path]:
    """Give a file itself, or the files anywhere in a folder, without caches."""
    if path.is_file():
        yield path
    for inner in path.rglob("*"):
        if inner.is_file() and not {"__pycache__", ".git"} & set(inner.parts):
            yield inner


def stages() -> list[str]:
    """Name every stage of the tiny project, in order."""
    trained = [f"train@{name}" for name in tiny.VARIANTS]
    evaluated = [f"evaluate@{name}" for name in tiny.VARIANTS]
    return ["spell", "prepare", *trained, *evaluated, "plot", "report"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A tiny project in which no stage has run."""
    root = tmp_path / "project"
    root.mkdir()
    tiny.copy(root)
    return Project(root)


@pytest.fixture(scope="session")
def finished_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny project in which every stage has run; do not change it."""
    root = tmp_path_factory.mktemp("finished") / "project"
    root.mkdir()
    tiny.copy(root)
    Project(root).run_all()
    return root


@pytest.fixture
def finished(finished_root: Path, tmp_path: Path) -> Project:
    """A copy of a tiny project in which every stage has run, without DVC."""
    root = tmp_path / "finished"
    shutil.copytree(finished_root, root)
    return Project(root)
