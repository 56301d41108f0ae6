"""What the pages say of the code stands in the code."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_line_of_code_beside_a_formula_stands_in_the_code() -> None:
    code = "".join(p.read_text() for p in (ROOT / "counting").rglob("*.py"))
    rows = re.findall(r"^\|.*\|$", (ROOT / "docs/bptt.md").read_text(), re.MULTILINE)
    lines = [line for row in rows for line in re.findall(r"`(.+?)`", row)]
    assert len(lines) > 30
    assert [line for line in lines if line not in code] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    local = [page.parent / link for link in links if "://" not in link]
    made = ROOT / "reports"  # which results there are, a user may change
    absent = [path.resolve() for path in local if not path.exists()]
    assert [path for path in absent if not path.is_relative_to(made)] == []


def commands(page: Path) -> list[str]:
    """Give what a reader may type: lines of blocks, and commands within a sentence."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    typed = ("python -m ", "make ", "dvc ", "git ", "COUNTING_")
    return [
        line.partition("  #")[0]
        for line in [line for block in blocks for line in block.splitlines()] + inline
        if line.startswith(typed) or "python -m" in line
    ]


def test_every_command_can_be_run() -> None:
    every = [command for page in PAGES for command in commands(page)]
    assert len(every) > 30
    for command in every:
        assert subprocess.run(["bash", "-nc", command]).returncode == 0, command
        for module in re.findall(r"python -m ([\w.]+)", command):
            assert find_spec(module), command
        for study in re.findall(r"studies/[a-z0-9_-]+\.\w+", command):
            assert (ROOT / study).is_file(), command
        for target in re.findall(r"^make ([a-z -]+)$", command):
            assert set(target.split()) <= {*TARGETS}, command
        for module, flags in re.findall(
            r"python -m ((?:counting|stages|studies|benchmarks)[\w.]*)(.*)", command
        ):
            path = ROOT.joinpath(*module.split("."))
            files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
            code = "".join(file.read_text(encoding="utf-8") for file in files)
            for flag in re.findall(r"--[a-z][a-z-]+", flags):
                assert f'"{flag}"' in code, command
