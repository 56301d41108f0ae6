"""A browser for the tests of the page, and a page that is opened in it.

Tests that need one are skipped where there is none: it takes playwright and a Chromium
(`chromium` on the path, or its place in the environment variable CHROMIUM).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from counting.base import checkpoint
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.text import streams
from counting.text.vocabulary import Vocabulary

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


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
