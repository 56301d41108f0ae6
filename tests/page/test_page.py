"""The page in a browser: what it says, to the bit, and how it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from counting.page import render
from tests.page.conftest import Opened, reference, stream
from tests.page.test_render import results

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
