"""The page: the same bytes, one file, whoever's variant; and its engine, to the bit.

What needs a browser is skipped where there is none: it takes playwright and a Chromium
(`chromium` on the path, or its place in the environment variable CHROMIUM). axe-core is
used where AXE names its axe.min.js.
"""

from __future__ import annotations

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
from counting.page import arrays, drawing, render, story
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
VALID = {
    "loss": 1.0, "loss_worst": 1.0, "last_token_accuracy": 0.5,
    "last_token_accuracy_worst": 0.5, "token_accuracy": 0.5, "sequence_accuracy": 0.25,
    "sequence_accuracy_worst": 0.0,
}  # fmt: skip


def results(*names: str, words: tuple[str, ...] = (",", "a", "b")) -> render.Results:
    """Results of variants by hand: two steps, two seeds, a text of three lines."""
    steps = pd.DataFrame(
        [(s, n, k, 0.5**k) for s in ("train", "valid") for n in (0, 1) for k in (1, 2)],
        columns=["stream", "seed", "steps", "sequence_accuracy"],
    )
    errors = pd.DataFrame(
        {"kind": list(story.PLACES), "roll_over": 0, "seed_0": range(6), "seed_1": 1}
    )
    curves = pd.DataFrame(
        {"seed": [0, 0], "step": [1, 2], "loss": [3.0, 1.0],
         "last_token_accuracy": [0.0, 0.5]}
    )  # fmt: skip
    V, L, rng = len(words), 32, np.random.default_rng(0)
    shapes = {"input_table": (V, 2), "W_hh": (2, 2), "bias_hh": (0,), "W_out": (L, 2)}
    network = {name: rng.random(shape, np.float32) for name, shape in shapes.items()}
    network["shift"] = np.where(np.arange(L) < V, 0, -1e30).astype(np.float32)
    metric = {
        "train": VALID,
        "valid": VALID,
        "count_further": {"median": 0, "worst": 0},
    }
    return render.Results(
        words=words,
        streams={
            "train": np.array([1, 2, 0, 2, 1, 0, 1], np.int16),
            "valid": np.array([2, 0, 1, 1], np.int16),
        },
        models=dict.fromkeys(names, SETTINGS),
        recipes={"short": {"sampling": "rows", "epochs": 1, "bptt": 2}},
        judging={"window": 3, "prompt": 1, "steps": 2},
        metrics=dict.fromkeys(names, metric),
        curves=dict.fromkeys(names, curves),
        steps=dict.fromkeys(names, steps),
        errors=dict.fromkeys(names, errors),
        networks={name: {0: network, 1: network} for name in names},
    )


def test_the_same_results_give_the_same_bytes(finished: Project) -> None:
    written = []
    for _ in range(2):
        assert finished.run("report").code == 0
        written.append(finished.path("reports/index.html").read_bytes())
    assert written[0] == written[1]


def test_the_page_asks_nobody_for_anything() -> None:
    html = render.page(results("mine"))
    assert not re.search(r"""(src|href|action)=["'](?!#|data:)""", html)
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_a_variant_of_any_name_and_a_text_of_any_words_appear() -> None:
    html = render.page(results("mine", "yours", words=(",", "eins", "zwei")))
    assert "yours" in html
    assert "What comes after “eins”?" in html
    assert '"eins"' in html


def test_a_word_of_the_text_cannot_leave_its_place() -> None:
    html = render.page(results("mine", words=(",", "</script><b>", "b")))
    assert "</script><b>" not in html


def test_networks_find_room_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = results("one", "two").networks
    size = arrays.text_size(dict(networks["one"][0]))
    monkeypatch.setattr(render, "ROOM", 3 * size)
    assert render.carried(networks) == {"one": [0, 1], "two": [0]}
    monkeypatch.setattr(render, "ROOM", size - 1)
    assert render.carried(networks) == {"one": [], "two": []}


def test_a_page_without_room_for_a_network_still_tells_the_results(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(render, "ROOM", 0)
    assert "too large for a page" in render.page(results("mine"))


def test_each_variant_stands_beside_the_one_it_differs_from_least() -> None:
    gru = SETTINGS | {"recurrence": "gru", "activation": None}
    models = {"rnn": SETTINGS, "gru": gru, "wide": gru | {"hidden_size": 9}}
    assert story.nearest_of(models["rnn"], {}) is None
    others = {"rnn": models["rnn"], "gru": models["gru"]}
    assert story.nearest_of(models["wide"], others) == "gru"
    assert story.changes(models["gru"], models["wide"]) == [("hidden_size", "2", "9")]


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    shares = [0, 1e-6, 0.001, 0.5, 0.9987, 1 - 1e-6, 1]
    said = ["0%", "under 0.01%", "0.10%", "50%", "99.87%", "over 99.99%", "100%"]
    assert [story.percent(share) for share in shares] == said


def test_pairs_that_training_never_met_are_told() -> None:
    pairs = story.new_pairs([1, 2, 1, 2, 1], [2, 2, 1, 2, 2], (",", "a", "b"))
    assert pairs == [("b b", 0, 2)]


def test_a_curve_is_thinned_to_means() -> None:
    assert drawing.thinned([1, 2], [3, 5]) == [(1, 3), (2, 5)]
    n = 3 * drawing.POINTS
    assert drawing.thinned(range(n), [1.0] * n) == [
        (3 * i + 1, 1.0) for i in range(drawing.POINTS)
    ]


def test_a_ninth_variant_is_told_from_the_first() -> None:
    look = drawing.look(f"v{i}" for i in range(9))
    assert (look["v0"], look["v8"]) == ("c0", "c0 dashed")


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

    def settle(self) -> None:
        """Scroll to the matrix, and wait until it is drawn."""
        self.tab.locator("#reader").scroll_into_view_if_needed()
        self.tab.locator('#matrix[aria-busy="false"]').wait_for(state="attached")


@pytest.fixture(scope="module")
def tiny_page(finished_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("page") / "project"
    shutil.copytree(finished_root, root)
    assert Project(root).run("report").code == 0
    return root / "reports/index.html"


def assert_bits_equal(opened: Opened, root: Path, variant: str, seed: int) -> float:
    """Compare 2,000 tokens of the valid stream, or all there are; gives the rate."""
    tokens = stream(root, "valid")[:2001]
    losses, p = reference(root, variant, seed, tokens)
    said = opened.tab.evaluate(SAY, [variant, str(seed), tokens.tolist()])
    assert said["losses"] == losses, f"{variant}, seed {seed}: losses"
    assert said["p"] == p, f"{variant}, seed {seed}: probabilities"
    return float(said["rate"])


def assert_no_axe_violation(tab: Any) -> None:
    """Ask axe-core, if it is at hand, whether anybody is shut out."""
    if axe := os.environ.get("AXE"):
        tab.evaluate(Path(axe).read_text(encoding="utf-8"))
        found = tab.evaluate("axe.run()")["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


def test_the_page_says_the_same_bits_as_python(browser: Any, tiny_page: Path) -> None:
    root, opened = tiny_page.parents[1], Opened(browser, tiny_page)
    for variant in ("rnn", "gru"):
        for seed in (0, 1):
            assert_bits_equal(opened, root, variant, seed)
    assert opened.complaints == []


def test_a_view_can_be_shared(browser: Any, tiny_page: Path) -> None:
    first = Opened(browser, tiny_page)
    first.tab.fill("#start", "120, 121,")
    first.tab.click("#controls .go")
    first.tab.select_option("#variant", "rnn")
    first.tab.locator("#counts .word").nth(5).click()
    address = first.tab.evaluate("location.hash")
    second = Opened(browser, tiny_page, address)
    for selector in ("#counts", "#top", "#timeline-status"):
        assert second.text(selector) == first.text(selector)
    assert first.complaints == second.complaints == []


@pytest.mark.parametrize(
    "address",
    ["#variant=none&seed=9&unit=999&place=-7", "#start=&count=x&what=nothing"],
)
def test_a_damaged_address_gives_a_page_all_the_same(
    browser: Any, tiny_page: Path, address: str
) -> None:
    opened = Opened(browser, tiny_page, address)
    opened.settle()
    assert opened.complaints == []


def test_an_unknown_word_gets_the_nearest_known_one(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page)
    opened.tab.fill("#start", "one hundrd two ,")
    opened.tab.press("#start", "Enter")
    assert "“hundrd” is no word of theirs; they read “hundred”" in opened.text(
        "#notice"
    )


def test_a_page_without_networks_makes_no_fuss(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "ROOM", 0)
    path = tmp_path / "index.html"
    path.write_text(render.page(results("mine")), encoding="utf-8")
    opened = Opened(browser, path)
    assert "Watch one count" not in opened.text("main")
    assert opened.complaints == []


def test_the_first_error_is_marked_with_the_right_word(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page, "#start=1&variant=rnn&other=")
    wrong = opened.tab.locator("#counts .word.wrong")
    assert wrong.count() == 1  # so little trained, it cannot be right
    assert wrong.locator("small").inner_text() in ("two", ",")


def test_the_keyboard_walks_through_words_and_units(
    browser: Any, tiny_page: Path
) -> None:
    opened = Opened(browser, tiny_page)
    opened.tab.locator('#counts .word[aria-pressed="true"]').focus()
    before = opened.text("#top")
    opened.tab.keyboard.press("ArrowLeft")
    assert opened.text("#top") != before
    opened.tab.focus("#timeline")
    opened.tab.keyboard.press("ArrowDown")
    assert "Unit 0 is at" in opened.text("#timeline-status")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nobody_is_shut_out(
    browser: Any, tiny_page: Path, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    opened = Opened(
        browser,
        tiny_page,
        "#unit=3",
        color_scheme=scheme,
        viewport=size,
        bypass_csp=True,
    )
    opened.settle()
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert_no_axe_violation(opened.tab)
    assert opened.complaints == []
