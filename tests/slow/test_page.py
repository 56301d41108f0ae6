"""The page with networks of the real sizes, in a browser: 2,000 tokens, bit by bit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Project
from tests.page.conftest import Opened, browser, stream
from tests.page.test_page import assert_bits_equal

NAMES = "DATA.variants.map((v) => [v.name, Object.keys(v.seeds)])"

__all__ = ["browser"]  # a fixture


def test_a_page_of_real_sizes_says_the_same_bits_as_python(
    browser: Any, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.set("spell.valid", [111, 560])
    project.set("spell.beyond.teens", [561, 580])
    models = project.params["models"]
    models |= {"lstm": models["gru"] | {"recurrence": "lstm"}}
    project.set("models", {k: m | {"hidden_size": 64} for k, m in models.items()})
    each = [f"{stage}@{name}" for stage in ("train", "evaluate") for name in models]
    for stage in ("spell", "prepare", *each, "plot", "report"):
        outcome = project.run(stage)
        assert outcome.code == 0, outcome.err
    out = project.path("reports/index.html")
    assert out.stat().st_size < 2_000_000
    assert len(stream(project.root, "valid")) > 2000
    opened = Opened(browser, out)
    carried = opened.tab.evaluate(NAMES)
    assert [name for name, _ in carried] == [*models]
    for variant, seeds in carried:
        assert len(seeds) == 2
        rates = [
            assert_bits_equal(opened, project.root, variant, int(s)) for s in seeds
        ]
        with capsys.disabled():
            print(f"\n{variant}: same bits, {max(rates):,.0f} tokens a second", end="")
    assert opened.complaints == []
