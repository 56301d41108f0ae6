"""How the page is made: the same bytes, one file, whoever's variant."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from counting.evaluation.mistakes import KINDS
from counting.page import arrays, render, starts, story, variants
from counting.page.results import Results
from tests.conftest import Project

SETTINGS: dict[str, Any] = {
    "recurrence": "rnn", "activation": "tanh", "hidden_size": 2,
    "copy_head": None, "recipe": "short", "batch_size": 4, "learning_rate": 0.1,
}  # fmt: skip
GATED = SETTINGS | {"recurrence": "gru", "activation": None}
COPYING = GATED | {"copy_head": {"reach": 10, "dropout": 0.2}}
RECIPES = {"short": {"sampling": "rows", "epochs": 1, "bptt": 2}}
VALID = {
    "loss": 1.0, "loss_worst": 1.0, "last_token_accuracy": 0.5,
    "last_token_accuracy_worst": 0.5, "token_accuracy": 0.5, "sequence_accuracy": 0.25,
    "sequence_accuracy_worst": 0.0,
}  # fmt: skip


def results(
    *names: str,
    words: tuple[str, ...] = (",", "a", "b"),
    models: dict[str, Any] | None = None,
    recipes: dict[str, Any] = RECIPES,
) -> Results:
    """Results of variants by hand: two seeds, a text of three lines."""
    models = models or dict.fromkeys(names, SETTINGS)
    errors = pd.DataFrame(
        {"kind": KINDS, "roll_over": 0, "seed_0": range(6), "seed_1": 1}
    )
    V, L, rng = len(words), 32, np.random.default_rng(0)
    shapes = {"input_table": (V, 2), "W_hh": (2, 2), "bias_hh": (0,), "W_out": (L, 2)}
    network = {name: rng.random(shape, np.float32) for name, shape in shapes.items()}
    network["shift"] = np.where(np.arange(L) < V, 0, -1e30).astype(np.float32)
    metric = {
        "train": VALID,
        "valid": VALID,
        "count_from_one": {"median": 0, "worst": 0},
    }
    return Results(
        words=words,
        streams={
            "train": np.array([1, 2, 0, 2, 1, 0, 1], np.int16),
            "valid": np.array([2, 0, 1, 1], np.int16),
        },
        numbers=None,
        models=models,
        recipes=recipes,
        judging={"window": 3, "prompt": 1, "steps": 2},
        metrics=dict.fromkeys(models, metric),
        errors=dict.fromkeys(models, errors),
        probes={name: {"seed": 0, "places": {}} for name in models},
        networks={name: {0: network, 1: network} for name in models},
        readers={},
        figures={"curves.svg": "<svg/>"},
    )


def test_the_same_results_give_the_same_bytes(finished: Project) -> None:
    first = finished.contents("reports/index.html")
    assert finished.run("report").code == 0
    assert finished.contents("reports/index.html") == first


def test_the_page_asks_nobody_for_anything() -> None:
    html = render.page(results("mine"))
    html = re.sub(r'<a href="https://[^"]*">', "<a>", html)  # followed by a click alone
    assert not re.search(r"""(src|href|action)=["'](?!#|data:)""", html)
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_a_variant_of_any_name_and_a_text_of_any_words_appear_in_their_place() -> None:
    html = render.page(results("mine", "yours", words=(",", "eins", "</script><b>")))
    assert "yours" in html
    assert "What comes after “eins”?" in html
    assert '"eins"' in html
    assert "</script><b>" not in html


def test_without_a_network_that_it_knows_the_page_is_results_alone() -> None:
    html = render.page(results())
    assert 'id="watch"' not in html
    assert "Results" in html


def test_networks_find_room_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = results("one", "two").networks
    size = len(arrays.as_text(networks["one"][0]))
    monkeypatch.setattr(render, "ROOM", 3 * size)
    assert render.carried(networks) == {"one": [0, 1], "two": [0]}
    monkeypatch.setattr(render, "ROOM", size - 1)
    assert render.carried(networks) == {"one": [], "two": []}


def test_the_networks_of_the_story_are_found_by_rule() -> None:
    recipes = {"short": RECIPES["short"], "made": RECIPES["short"] | {"recombine": 0.5}}
    models = {
        "far": COPYING | {"recipe": "made"}, "a": SETTINGS, "b": SETTINGS, "c": GATED,
        "d": COPYING,
    }  # fmt: skip
    found = story.cast_of(results(models=models, recipes=recipes))
    assert found == story.Cast(plain="a", gated="c", copying="d", best="far")


def test_a_step_that_nobody_can_play_is_left_out() -> None:
    keys = [step.key for step in story.steps(results(models={"a": GATED}))]
    assert keys == ["gates", "turn", "beyond", "row"]


def test_each_variant_stands_beside_the_one_it_differs_from_least() -> None:
    rungs = variants.ladder(
        results(models={"a": SETTINGS, "b": GATED, "c": COPYING | {"batch_size": 9}})
    )
    assert [rung.beside for rung in rungs] == [None, "a", "b"]
    assert rungs[2].changes == [
        ("copy_head", "\N{EN DASH}", "reach 10, dropout 0.2"),
        ("batch_size", "4", "9"),
    ]


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    shares = [0, 1e-6, 0.001, 0.5, 0.9987, 1 - 1e-6, 1]
    said = ["0%", "under 0.01%", "0.10%", "50%", "99.87%", "over 99.99%", "100%"]
    assert [variants.percent(share) for share in shares] == said


def test_the_substitute_of_a_copy_head_is_told() -> None:
    found = results(models={"d": COPYING})
    S = np.zeros((3, 32), np.float32)
    S[1, 2] = 1
    network = {**found.networks["d"][0], "S": S}
    found = found._replace(networks={"d": {0: network}})
    assert story.substitute(found, story.cast_of(found)) == ("a", "b")
    plain = results("mine")
    assert story.substitute(plain, story.cast_of(plain)) is None


def test_the_unit_that_keeps_its_value_is_found() -> None:
    def read(tokens: list[int]) -> tuple[list[int], Any]:
        states = [[n % 2, 0.5] for n, _ in enumerate(tokens)]
        return tokens, np.array(states)

    probe = {"seed": 0, "places": {"thousands": {"units": [[0, 0.9], [1, 0.8]]}}}
    found = results("c")._replace(readers={"c": read}, probes={"c": probe})
    assert starts.Places(found).keeper("c", 1) == 1
    assert starts.Places(found).keeper(None, 1) is None


def test_no_start_is_before_the_text() -> None:
    found = results("c")._replace(numbers=(5000, 8000))
    assert starts.Places(found).turns()[0] == 6000 - 2 - 5000
    assert starts.Places(found._replace(numbers=(1, 8000))).turns()[0] == 3000 - 2 - 1


def test_where_the_thousands_turn_is_counted() -> None:
    assert render.turns((1, 8000)) == (6993, 7)
    assert render.turns((1, 110)) is None
