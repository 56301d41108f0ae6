"""The page of the real networks, in a browser: 2,000 tokens of each, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.page.test_page import Opened, assert_bits_equal, browser

ROOT = Path(__file__).resolve().parents[2]
NAMES = "DATA.variants.map((v) => [v.name, Object.keys(v.seeds)])"

__all__ = ["browser"]  # a fixture


def test_the_real_page_says_the_same_bits_as_python(
    browser: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (ROOT / "data/models").is_dir():
        pytest.skip("needs the trained networks: run `dvc repro`")
    out = tmp_path / "index.html"
    assert Project(ROOT).run("report", "--out", str(out)).code == 0
    assert out.stat().st_size < 2_000_000
    opened = Opened(browser, out)
    for variant, seeds in opened.tab.evaluate(NAMES):
        assert len(seeds) >= 2
        rates = [assert_bits_equal(opened, ROOT, variant, int(s)) for s in seeds[:2]]
        with capsys.disabled():
            print(f"\n{variant}: same bits, {max(rates):,.0f} tokens a second", end="")
    assert opened.complaints == []
