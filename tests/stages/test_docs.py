"""What the pages say of the code stands in the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def test_every_line_of_code_beside_a_formula_stands_in_the_code() -> None:
    code = "".join(p.read_text() for p in (ROOT / "counting").rglob("*.py"))
    rows = re.findall(r"^\|.*\|$", (ROOT / "docs/bptt.md").read_text(), re.MULTILINE)
    lines = [line for row in rows for line in re.findall(r"`(.+?)`", row)]
    assert len(lines) > 30
    assert [line for line in lines if line not in code] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
