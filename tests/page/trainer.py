"""The scripts of training in a tab of their own, and the engine beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from counting.base.models import Model, Recipe
from counting.page import render
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import loop
from counting.training.batches import Windows
from tests.page.conftest import Opened

SCRIPTS = (
    "network.js", "text.js", "multiply.js", "walk.js", "learn.js", "initial.js",
    "fillers.js", "recombine.js", "windows.js", "train.js",
)  # fmt: skip
POLICY = (
    '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; worker-src blob:; script-src 'unsafe-inline' "
    "'wasm-unsafe-eval'\">"
)
# what all calls need: bytes as text that Python can read, and numbers by their bits
COMMON = """
const told = ({ name, bytes }) =>
  [name, Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")];
const bits_of = (array) => [...new Uint32Array(Float32Array.from(array).buffer)];
"""
# trains, with pauses after some events, and gives what was trained and what was told
TRAIN = """([settings, text, pauses, more]) => new Promise((resolve) => {
  const points = [], states = [];
  const training = train(settings, text, async (event) => {
    if (event.state === "training") points.push(...event.points);
    else states.push(event.state);
    if (event.state === "failed") return resolve({ message: event.message, states });
    if (event.state === "paused") return training.resume();
    if (event.state === "training" && pauses-- > 0) return training.pause();
    if (event.state !== "finished") return;
    if (more) return training.more(more), (more = 0);
    const { step, files, network } = await training.trained();
    training.stop();
    const names = ["input_table", "W_hh", "bias_hh", "W_out", "shift"];
    const arrays = names.map((name) => bits_of(network[name]));
    const said = said_by(network);
    resolve({ step, files: files.map(told), points, states, arrays, said });
  });
})"""
# what a network says of the tokens 1, 2, 0, 1, as bits of all probabilities
SAID = """
function said_by(network) {
  let state = zero_state(network);
  return [1, 2, 0, 1].flatMap((token) => {
    const output = step(network, state, token);
    state = output.state;
    return bits_of(output.p.slice(0, network.V));
  });
}
"""
# draws the windows of some steps: whether any is recombined, their tokens and targets
DRAW = """([settings, tokens, steps]) => {
  const windows = windows_of(Uint16Array.from(tokens), settings);
  const { bptt: T, batch_size: B } = settings;
  const drawn = Array.from({ length: steps }, () => {
    const batch = { tokens: [], targets: [], T, B };
    read_windows(batch, windows.draw());
    return [batch.tokens, batch.targets];
  });
  return [windows.table !== null, drawn];
}"""
# counts on with a network that says given words, whatever it reads
COUNT = """([words, start, said]) => {
  let read = 0;
  step = () => ({ state: {}, best: words.indexOf(said[read++]) });
  const told = [];
  return [count_from({ H: 1 }, words, start, (n) => told.push(n)), told];
}"""
# the recipe of the page, but for the lengths of windows and of the training
RECOMBINED = {"recombine": 0.75, "warm_up": 0.1, "clip_norm": 1.0}
NUMBERS = [spell(number, "en").split() for number in range(1, 4000)]
ANIMALS = [["one", "cat"], ["two", "dogs"], ["one", "dog"], ["two", "cats"]] * 40


@pytest.fixture
def tab(browser: Any, tmp_path: Path) -> Any:
    """A page with the scripts of training alone."""
    scripts = [*map(render.inline, SCRIPTS), COMMON, SAID]
    html = "".join(f"<script>{script}</script>" for script in scripts)
    path = tmp_path / "index.html"
    path.write_text(f"<!doctype html>{POLICY}{html}", encoding="utf-8")
    opened = Opened(browser, path)
    yield opened.tab
    assert opened.complaints == []


def stream(V: int, n: int) -> Any:
    return np.random.default_rng(0).integers(V, size=n, dtype=np.int16)


def encoded(lines: list[list[str]]) -> tuple[Any, int]:
    """Give a text as tokens, and the size of its vocabulary."""
    vocabulary = Vocabulary.of(lines)
    return vocabulary.encode(lines, Path("text")), len(vocabulary)


def recipe_of(settings: dict[str, Any], tokens: Any) -> Recipe:
    """Give the recipe that the page follows."""
    B, T, steps = (settings[key] for key in ("batch_size", "bptt", "steps"))
    more = {key: settings[key] for key in RECOMBINED if key in settings}
    if more:
        return Recipe(sampling="windows", steps=steps, bptt=T, optimizer="adam", **more)
    epochs, left = divmod(steps, (len(tokens) - 1) // B // T)
    assert left == 0, "the engine takes whole epochs"
    return Recipe(sampling="rows", epochs=epochs, bptt=T, optimizer="adam")


def engine(settings: dict[str, Any], tokens: Any, V: int) -> bytes:
    """Give the weights that the compiled engine ends in, as a file."""
    of_recipe = ("steps", "seed", "bptt", *RECOMBINED)
    s = {key: value for key, value in settings.items() if key not in of_recipe}
    recipe, model = recipe_of(settings, tokens), Model(recipe="article", **s)
    windows = Windows(tokens, recipe, model.batch_size, V)
    weights, _ = loop.train(model, windows, settings["seed"])
    return save(weights)


def settings_of(recurrence: str, H: int, B: int, T: int, **more: Any) -> dict[str, Any]:
    activation = {"loop": "relu", "rnn": "tanh"}.get(recurrence)
    return {
        "recurrence": recurrence, "activation": activation, "hidden_size": H,
        "batch_size": B, "bptt": T, "learning_rate": 0.01, "seed": 3, **more,
    }  # fmt: skip


def text_of(tokens: Any, V: int) -> dict[str, Any]:
    return {"words": [",", *map(str, range(1, V))], "tokens": tokens.tolist()}
