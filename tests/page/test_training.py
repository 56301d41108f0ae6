"""Training in the page ends in the weights of the compiled engine, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counting.base import checkpoint
from counting.base.models import Model
from counting.engine.matmul import matmul_add
from counting.engine.weights import Weights
from counting.page import arrays
from counting.text.reading import read_numbers
from counting.text.vocabulary import Vocabulary
from counting.training import loop
from counting.training.batches import Windows
from tests import variants
from tests.page import trainer
from tests.page.conftest import Opened, bits, reference
from tests.page.trainer import (
    ANIMALS,
    COUNT,
    DRAW,
    NUMBERS,
    RECOMBINED,
    TRAIN,
    encoded,
    engine,
    recipe_of,
    settings_of,
    stream,
    text_of,
)

tab = trainer.tab  # the fixture


@pytest.mark.parametrize("recurrence", ["loop", "rnn", "gru", "lstm"])
@pytest.mark.parametrize(
    ("H", "B", "T", "V", "steps"),
    [(5, 3, 4, 7, 6), (64, 16, 70, 33, 2)],
)
def test_the_weights_are_those_of_the_engine(
    tab: Any, recurrence: str, H: int, B: int, T: int, V: int, steps: int
) -> None:
    tokens = stream(V, 2 * B * T + 1)
    settings = settings_of(recurrence, H, B, T, steps=steps)
    trained = tab.evaluate(TRAIN, [settings, text_of(tokens, V), 0, 0])
    _, (name, content) = trained["files"]
    assert name == "seed-3.safetensors"
    assert content.encode("latin-1") == engine(settings, tokens, V)
    assert [point["step"] for point in trained["points"]] == [*range(1, steps + 1)]


@pytest.mark.parametrize(
    ("lines", "T", "B", "recombined"),
    [
        (NUMBERS, 40, 10, True),
        (NUMBERS[:2500], 24, 7, True),
        (NUMBERS[:999:-1], 40, 8, False),
        (ANIMALS, 8, 6, False),
    ],
)
def test_the_windows_are_those_of_the_library(
    tab: Any, lines: list[list[str]], T: int, B: int, recombined: bool
) -> None:
    tokens, V = encoded(lines)
    settings = {"bptt": T, "batch_size": B, "seed": 5, "steps": 40, **RECOMBINED}
    found, steps = tab.evaluate(DRAW, [settings, tokens.tolist(), 40])
    windows = Windows(tokens, recipe_of(settings, tokens), B, V)
    assert found == recombined == (windows.table is not None)
    model, drawing = variants.model("gru"), np.random.default_rng(5)
    for step, (read, targets) in enumerate(steps):
        batch = loop.draw_batch(windows, model, step, drawing)
        assert read == batch.tokens.ravel().tolist()
        assert targets == batch.targets.ravel().tolist()


@pytest.mark.parametrize(("recurrence", "H"), [("rnn", 5), ("gru", 64), ("lstm", 6)])
def test_the_weights_are_those_of_the_engine_with_recombined_windows(
    tab: Any, recurrence: str, H: int
) -> None:
    tokens, V = encoded(NUMBERS[:2500])
    settings = settings_of(recurrence, H, 6, 40, steps=8, **RECOMBINED)
    trained = tab.evaluate(TRAIN, [settings, text_of(tokens, V), 0, 0])
    _, (_, content) = trained["files"]
    assert content.encode("latin-1") == engine(settings, tokens, V)
    assert trained["states"] == ["finished"]


def test_a_text_that_cannot_be_recombined_is_trained_as_it_is(tab: Any) -> None:
    tokens, V = encoded(ANIMALS)
    settings = settings_of("gru", 8, 4, 8, steps=6, **RECOMBINED)
    trained = tab.evaluate(TRAIN, [settings, text_of(tokens, V), 0, 0])
    _, (_, content) = trained["files"]
    assert content.encode("latin-1") == engine(settings, tokens, V)
    assert trained["states"] == ["as it is", "finished"]


def test_the_page_says_where_nothing_can_be_recombined(
    browser: Any, finished_root: Path
) -> None:
    opened = Opened(browser, finished_root / "reports/index.html")
    opened.tab.select_option("#windows", "recombined")
    opened.tab.fill("#own-text", "a b\nb a\n" * 20)
    opened.tab.fill("#steps-to-take", "2")
    opened.tab.press("#steps-to-take", "Enter")
    opened.tab.locator("#files a").first.wait_for()
    assert opened.text("#panel-status").startswith("Nothing in this text can be ")
    assert opened.tab.is_disabled("#more")
    opened.tab.select_option("#windows", "rows")
    assert opened.tab.input_value("#steps-to-take") != "2"
    assert opened.complaints == []


@pytest.mark.parametrize(("wrong", "last"), [(13, 12), (9, 8), (None, 14)])
def test_a_network_counts_to_its_first_error(
    tab: Any, wrong: int | None, last: int
) -> None:
    lines = NUMBERS[5:14]  # six to fourteen; the word fifteen is not known
    words = [",", *{word: None for line in lines for word in line}]
    text = [word for line in lines for word in [*line, ","]]
    said = [",", *text[2:], "six"]  # after the word six, after the comma, ...
    if wrong:
        said[said.index(NUMBERS[wrong - 1][0])] = "six"
    counted, told = tab.evaluate(COUNT, [words, text[:6], said])
    assert counted == last
    assert told == [*range(9, last + 1)]


def test_a_pause_and_more_steps_change_nothing(tab: Any) -> None:
    tokens = stream(7, 25)
    settings = settings_of("gru", 8, 3, 4, steps=100)
    text = text_of(tokens, 7)
    straight = tab.evaluate(TRAIN, [settings, text, 0, 0])
    broken = tab.evaluate(TRAIN, [settings | {"steps": 60}, text, 1, 40])
    assert broken["states"].count("finished") == 2
    assert broken["step"] == 100
    assert broken["files"] == straight["files"]


def test_a_text_of_ones_own_is_learned_and_the_files_are_read_by_python(
    tab: Any, tmp_path: Path
) -> None:
    typed = "ein hund\n\nzwei  hunde \r\n" * 6 + "drei hunde"
    path = tmp_path / "train.txt"
    path.write_text(typed, encoding="utf-8")
    vocabulary = Vocabulary.of(read_numbers(path))
    tokens = vocabulary.encode(read_numbers(path), path)
    text = tab.evaluate(
        "(typed) => { const { words, tokens } = read_text(typed);"
        "return { words, tokens: [...tokens] }; }",
        typed,
    )
    assert tuple(text["words"]) == vocabulary.words
    assert text["tokens"] == tokens.tolist()

    settings = settings_of("lstm", 8, 2, 4, steps=4, variant="mine")
    trained = tab.evaluate(TRAIN, [settings, text, 0, 0])
    folder = tmp_path / "data/models/mine"
    folder.mkdir(parents=True)
    for name, content in trained["files"]:
        (folder / name).write_bytes(content.encode("latin-1"))
    config = checkpoint.load_config(folder, vocabulary.words)
    assert config.model == Model(
        recurrence="lstm", hidden_size=8, recipe="article", batch_size=2,
        learning_rate=0.01,
    )  # fmt: skip
    read = np.array([1, 2, 0, 1, 0])
    _, p = reference(tmp_path, "mine", 3, read)
    assert trained["said"] == p
    weights = Weights.of(config.model, checkpoint.load_weights(folder, config, 3))
    carried = arrays.engine_arrays(weights).values()  # what a page compares with
    assert trained["arrays"] == [*map(bits, carried)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 4}, "has 10 words and commas, but 4 rows of 4 need 17;"),
        ({"hidden_size": 2.5}, "hidden_size is 2.5; give a whole number from 1 on."),
        ({"bptt": 10, **RECOMBINED}, "has 10 words and commas, but a window needs 11;"),
        ({"bptt": 1, **RECOMBINED}, "No window of 1 words and commas holds a line of"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    tab: Any, change: dict[str, Any], message: str
) -> None:
    settings = settings_of("rnn", 4, 2, 4, steps=2) | change
    told = tab.evaluate(TRAIN, [settings, text_of(stream(5, 10), 5), 0, 0])
    assert message in told["message"]
    assert told["states"] == ["failed"]


def test_a_line_with_a_comma_is_refused(tab: Any) -> None:
    refused = "(typed) => { try { read_text(typed); } catch (e) { return e.message; } }"
    told = tab.evaluate(refused, "one\ntwo, three\n")
    assert told == "“two, three” has a comma; give one number or sentence per line."


@pytest.mark.parametrize("kind", ["few bits", "tiny", "zeros", "any"])
def test_a_product_is_rounded_once_wherever_it_falls(tab: Any, kind: str) -> None:
    """Sums halfway between two float32, below the normal ones, and nothing."""
    rng = np.random.default_rng(1)
    M, N, K = 5, 19, 40
    A, B, C = (rng.normal(size=s).astype(np.float32) for s in ((M, K), (K, N), (M, N)))
    if kind == "few bits":
        A = (np.round(A * 4096) / 4096).astype(np.float32)
        B = (np.round(B * 2048) / 2048).astype(np.float32)
    if kind == "tiny":
        A, B, C = A * np.float32(1e-25), B * np.float32(1e-16), C * np.float32(1e-39)
    if kind == "zeros":
        A[:, ::2] = C[:, ::2] = 0
    call = """([A, B, C, M, N, K]) => {
      const { take, matmul_add } = products(A.length + B.length + C.length);
      const floats = (bits) => new Float32Array(Uint32Array.from(bits).buffer);
      const put = (bits) => {
        const array = take(bits.length);
        array.set(floats(bits));
        return array;
      };
      const [a, b, c] = [A, B, C].map(put);
      matmul_add(matrix(c, N), matrix(a, K), matrix(b, N), M, N, K);
      return bits_of(c);
    }"""
    given = [*map(bits, (A, B, C)), M, N, K]
    matmul_add(C, A, B)
    assert tab.evaluate(call, given) == bits(C)
