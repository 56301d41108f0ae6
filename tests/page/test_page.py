"""The page: the same bytes, one file, whoever's variant; and its engine, to the bit.

What needs a browser is skipped where there is none: it takes playwright and a Chromium
(`chromium` on the path, or its place in the environment variable CHROMIUM).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from counting.base import checkpoint
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation.mistakes import KINDS
from counting.page import arrays, render, starts, story, variants
from counting.page.results import Results
from counting.text import streams
from counting.text.vocabulary import Vocabulary
from tests.conftest import Project


def reference(root: Path, variant: str, seed: int, tokens: np.ndarray[Any, Any]) -> Any:
    """Give Python's losses (T,) and probabilities (T, V) of tokens (T + 1,), as bits.

    The tokens are one window, read from the beginning.
    """
    folder = root / "data/models" / variant
    config = checkpoint.load_config(folder)
    arrays = checkpoint.load_weights(folder, config, seed)
    read, tokens = Inference(Weights.of(config.model, arrays)), tokens.astype(np.int64)
    reading, inside, _ = read.inspect(tokens[:-1, None], tokens[1:, None])
    return bits(reading.losses), bits(inside.probabilities)


def stream(root: Path, name: str) -> Any:
    words = Vocabulary.load(root / "data/prepared/vocab.json").words
    return streams.load(root / "data/prepared" / f"{name}.safetensors", len(words))


def bits(values: np.ndarray[Any, Any]) -> list[int]:
    return [int(value) for value in values.astype(np.float32).view(np.uint32).ravel()]


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


def test_where_the_thousands_turn_is_counted() -> None:
    assert render.turns((1, 8000)) == (6993, 7)
    assert render.turns((1, 110)) is None


# --- in a browser --------------------------------------------------------------------

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
SAY = """([variant, seed, tokens]) => {
  const net = network(variant, seed), float = new Float32Array(1);
  const int = new Uint32Array(float.buffer), losses = [], p = [];
  const bits = (x) => { float[0] = x; return int[0]; };
  let state = zero_state(net);
  const began = performance.now();
  for (let t = 0; t + 1 < tokens.length; t++) {
    const output = step(net, state, tokens[t]);
    state = output.state;
    losses.push(bits(output.loss(tokens[t + 1])));
    for (let v = 0; v < net.V; v++) p.push(bits(output.p[v]));
  }
  return { losses, p, rate: 1000 * losses.length / (performance.now() - began) };
}"""
NAMED = ("before", "update", "new", "after")  # of a unit of a GRU
INPUTS = Path(__file__).parents[1] / "speaking/inputs.json"
READ = """({ vocabulary, inputs }) => {
  const known = vocabulary_of(vocabulary.split(" "));
  return inputs.map(({ input }) => {
    try {
      const { lead, words, remarks } = read_prompt(input, known);
      const next = truth_after([...lead, ...words], 8, known).slice(0, 8).join(" ");
      return { lead: lead.join(" "), words: words.join(" "), next, remarks };
    } catch (error) {
      return { words: null, refusal: error.message };
    }
  });
}"""
JUDGE = """() => {
  const one = { said: ["x", "a", ",", "b"], given: 1, truth: ["a", ","], fed: "own" };
  const kinds = judge(one);
  return { kinds, verdict: verdict({ ...one, kinds }) };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, names)), ""
    )
    if not found:
        pytest.skip("needs a Chromium; CHROMIUM may name it")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


class Opened:
    """A page from a file, offline, and what its console complained of."""

    def __init__(
        self, browser: Any, path: Path, address: str = "", **more: Any
    ) -> None:
        context = browser.new_context(offline=True, reduced_motion="reduce", **more)
        self.tab, self.complaints = context.new_page(), list[str]()
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", self.hear)
        self.tab.goto(f"file://{path}{address}")

    def hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def text(self, selector: str) -> str:
        found: str = self.tab.inner_text(selector)
        return found

    def start(self, typed: str) -> None:
        self.tab.fill("#start", typed)
        self.tab.press("#start", "Enter")


@pytest.fixture
def tiny_page(finished_root: Path) -> Path:
    return finished_root / "reports/index.html"


def assert_bits_equal(opened: Opened, root: Path, variant: str, seed: int) -> float:
    """Compare 2,000 tokens of the valid stream, or all there are; gives the rate."""
    tokens = stream(root, "valid")[:2001]
    losses, p = reference(root, variant, seed, tokens)
    said = opened.tab.evaluate(SAY, [variant, str(seed), tokens.tolist()])
    assert said["losses"] == losses, f"{variant}, seed {seed}: losses"
    assert said["p"] == p, f"{variant}, seed {seed}: probabilities"
    return float(said["rate"])


def test_the_page_says_the_same_bits_as_python(browser: Any, tiny_page: Path) -> None:
    root, opened = tiny_page.parents[1], Opened(browser, tiny_page)
    for variant in ("rnn", "gru"):
        for seed in (0, 1):
            assert_bits_equal(opened, root, variant, seed)
    assert opened.complaints == []


def test_the_page_reads_what_is_typed_as_the_terminal_does(
    browser: Any, tiny_page: Path
) -> None:
    cases = json.loads(INPUTS.read_text(encoding="utf-8"))
    read = Opened(browser, tiny_page).tab.evaluate(READ, cases)
    for case, found in zip(cases["inputs"], read, strict=True):
        assert found == {key: case[key] for key in case if key != "input"}, case


def test_what_is_certain_of_a_number_grows_with_its_words(
    browser: Any, tiny_page: Path
) -> None:
    told = {
        "four": 0, "four thousand": 1, "four thousand three": 1,
        "four thousand three hundred": 2, "four thousand twenty": 3, "forty one": 4,
        "four thousand three hundred twelve": 4, "one hundred one": 4,
    }  # fmt: skip
    tab = Opened(browser, tiny_page).tab
    script = "(all) => all.map((words) => places_read(words.split(' '), false))"
    assert tab.evaluate(script, list(told)) == list(told.values())
    assert tab.evaluate("places_read(['four'], true)") == 4


def test_no_digit_is_told_that_a_probe_cannot_know(
    browser: Any, tiny_page: Path
) -> None:
    """Neither of the first number, nor one that the probe never met."""
    told = Opened(browser, tiny_page).tab.evaluate("""() => {
      const units = { digits: [0, 1], weight: [[1], [-1]], bias: [0, 0] };
      const read = ["one", ",", "one", ",", "two", ","];
      const outputs = read.map(() => ({ h: [1] }));
      const one = { probe: { units }, read, outputs, vocabulary: { separator: "," } };
      return [1, 3, 5].map((k) => digits_held(one, k));
    }""")
    wrong, unknown = (
        {"digit": 0, "wrong": True},
        {"digit": "\N{MIDDLE DOT}", "wrong": False},
    )
    assert told == [None, [wrong], [unknown]]


def test_a_link_has_the_whole_view_and_survives_the_navigation(
    browser: Any, tiny_page: Path
) -> None:
    first = Opened(browser, tiny_page)
    first.start("99, 100,")
    first.tab.select_option("#variant", "rnn")
    first.tab.locator("#counts .word").nth(5).click()
    first.tab.click("nav a[href='#results']")
    first.tab.click("#share")
    first.tab.locator("#shared:not(:empty)").wait_for()
    second = Opened(browser, tiny_page, first.tab.evaluate("location.hash"))
    assert second.text("#counts") == first.text("#counts")
    assert second.tab.input_value("#variant") == "rnn"
    assert first.complaints == second.complaints == []


@pytest.mark.parametrize(
    "address",
    ["#variant=none&seed=9&unit=999&place=-7", "#start=&step=x&count=x&open=nothing"],
)
def test_a_damaged_address_gives_a_page_all_the_same(
    browser: Any, tiny_page: Path, address: str
) -> None:
    assert Opened(browser, tiny_page, address).complaints == []


def test_a_page_without_room_for_a_network_tells_the_results_and_makes_no_fuss(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "ROOM", 0)
    html = render.page(results("mine"))
    assert "for lack of room" in html
    assert 'id="watch"' not in html
    path = tmp_path / "index.html"
    path.write_text(html, encoding="utf-8")
    assert Opened(browser, path).complaints == []


def test_without_scripts_the_story_is_there_and_no_form(
    browser: Any, tiny_page: Path
) -> None:
    tab = Opened(browser, tiny_page, java_script_enabled=False).tab
    assert tab.locator("form:visible, button:visible, select:visible").count() == 0
    assert tab.locator(".step:visible").count() == tab.locator(".step").count() > 1


def test_an_error_is_marked_and_the_true_word_is_among_the_likeliest(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page, "#start=1,&variant=rnn")
    wrong = opened.tab.locator("#counts .word.wrong")
    assert wrong.count() == 1  # so little trained, it cannot be right
    assert wrong.locator(".truth").inner_text() == "two"
    assert "two" in opened.text(".inspector .true")


def test_no_word_is_judged_where_the_truth_is_not_known(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page, "#variant=rnn")
    opened.start("one hundred two three")
    assert "none is judged" in opened.text("#verdict-0")
    assert opened.tab.locator("#counts :is(.right, .wrong)").count() == 0


def test_judging_ends_with_the_truth(browser: Any, tiny_page: Path) -> None:
    judged = Opened(browser, tiny_page).tab.evaluate(JUDGE)
    assert judged["kinds"] == ["given", "right", "right", "unknown"]
    assert "The truth ends there" in judged["verdict"]


def test_fed_with_the_truth_each_word_is_judged(browser: Any, tiny_page: Path) -> None:
    opened = Opened(browser, tiny_page, "#start=5,&variant=rnn&fed=truth")
    assert "a token accuracy of" in opened.text("#verdict-0")
    assert opened.tab.locator("#counts .word.after").count() == 0
    assert opened.tab.locator("#counts .word.wrong").count() > 1


def test_the_keyboard_walks_along_the_words(browser: Any, tiny_page: Path) -> None:
    opened = Opened(browser, tiny_page, "#variant=gru&open=cell")
    opened.tab.locator('.word[aria-pressed="true"]').focus()
    before = opened.text(".inspector")
    opened.tab.keyboard.press("ArrowLeft")
    assert opened.text(".inspector") != before
    assert opened.tab.evaluate("document.activeElement.matches('[aria-pressed=true]')")


def test_a_step_of_the_cell_is_shown_in_its_own_numbers(
    browser: Any, tiny_page: Path
) -> None:
    tab = Opened(browser, tiny_page, "#variant=gru&start=1, 2,&open=cell&unit=3").tab
    rows = {
        row.inner_text().split()[0]: row for row in tab.locator(".unrolled tr").all()
    }
    shown = [rows[name].inner_text().split()[-1] for name in NAMED]
    told = [float(text.replace("\N{MINUS SIGN}", "-")) for text in shown]
    before, update, new, after = told
    assert after == pytest.approx(update * before + (1 - update) * new, abs=0.02)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_click_shows_is_in_sight(
    browser: Any, tiny_page: Path, width: int
) -> None:
    size = {"width": width, "height": 844}
    tab = Opened(browser, tiny_page, viewport=size).tab
    for place in (2, -1):
        tab.locator("#said-0 .word").nth(place).click()
        box = tab.locator(".inspector").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert 0 <= box["y"] < 844
    smallest = "[...document.querySelectorAll('.said .word')].map((w) => w.offsetWidth)"
    assert min(tab.evaluate(smallest)) >= 24


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_nobody_is_shut_out(
    browser: Any, tiny_page: Path, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    more = {"color_scheme": scheme, "viewport": size}
    opened = Opened(browser, tiny_page, "#unit=3&variant=gru&open=cell", **more)
    for n in range(opened.tab.locator(".step").count()):
        opened.tab.locator("#steps a").nth(n).click()
        assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.complaints == []


def test_what_is_trained_in_the_page_can_be_talked_to(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page)
    opened.tab.fill("#own-text", "a b\nb a\n" * 20)
    opened.tab.fill("#batch_size", "2")
    opened.tab.fill("#steps-to-take", "3")
    opened.tab.click("#panel .go")
    opened.tab.locator("#files a").first.wait_for()
    opened.tab.click("#talk")
    assert opened.tab.input_value("#variant") == "yours"
    assert opened.tab.locator("#said-0 .word").count() > 3
    assert opened.complaints == []
