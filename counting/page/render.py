"""Write the page: one file of HTML with the results and the networks in it.

It opens from a folder and offline: it contains its style, scripts, texts and weights.
The same results give the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from counting.evaluation.metrics import best
from counting.page import arrays, starts, story, variants
from counting.page.results import EngineArrays, Results

FOLDER = Path(__file__).parent / "files"
PICTURE = "share.png"  # shown where somebody shares a link to the page
SCRIPTS = (
    "network.js", "text.js", "reading.js",  # to train.js: without a document
    "multiply.js", "walk.js", "learn.js", "initial.js",
    "fillers.js", "recombine.js", "windows.js", "train.js",
    "view.js", "draw.js", "count.js", "said.js", "probe.js", "inspector.js", "cell.js",
    "panel.js", "page.js",
)  # fmt: skip
ROOM = 1_400_000  # characters in the page for networks, at the most
TEXT_ROOM = 200_000  # tokens of texts in the page, at the most
LESSON = (
    "recurrence", "activation", "hidden_size", "batch_size", "learning_rate", "bptt",
    "epochs",
)  # fmt: skip


def page(results: Results) -> str:
    """Give the page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    carry = carried(results.networks)
    shown = results._replace(
        networks={
            name: {seed: results.networks[name][seed] for seed in seeds}
            for name, seeds in carry.items()
        }
    )
    steps = story.steps(shown) if any(carry.values()) else []
    cast = story.cast_of(shown) if steps else None
    return environment.get_template("index.html.j2").render(
        style=inline("style.css"),
        scripts=[inline(name) for name in SCRIPTS],
        data=content(shown, steps),
        steps=steps,
        cast=cast,
        substitute=story.substitute(shown, cast) if cast else None,
        settings={name: results.settings(name) for name in results.models},
        metrics=results.metrics,
        text=text_of(results),
        rungs=variants.ladder(results),
        judging=results.judging,
        best=best(results.metrics) if results.metrics else None,
        carried=carry,
        figures={
            name: base64.b64encode(svg.encode()).decode("ascii")
            for name, svg in results.figures.items()
        },
    )


def inline(name: str) -> str:
    """Read a file that is put into the page unchanged."""
    return (FOLDER / name).read_text(encoding="utf-8")


def text_of(results: Results) -> dict[str, Any]:
    """Describe the texts: length, first and last line, pairs of words that are new."""
    words, described = results.words, {}
    tokens = {name: results.streams[name].tolist() for name in ("train", "valid")}
    for name, stream in tokens.items():
        lines = starts.lines_of(stream)
        described[name] = {
            "lines": len(lines),
            "tokens": len(stream),
            "first": " ".join(words[t] for t in lines[0]),
            "last": " ".join(words[t] for t in lines[-1]),
        }
    return {
        **described,
        "sample": [(words[t], t) for t in tokens["train"][:9]],
        "words": list(words[:60]),
        "more_words": max(0, len(words) - 60),
        "new_pairs": story.new_pairs(tokens["train"], tokens["valid"], words),
        "turns": turns(results.numbers),
    }


def turns(numbers: tuple[int, int] | None) -> tuple[int, int] | None:
    """Count how often the thousands stay and change from one number to the next.

    None where the training text is too short, or no numbers.
    """
    if numbers is None or numbers[1] < 2000:
        return None
    first, last = max(1000, numbers[0]), numbers[1]
    changed = last // 1000 - first // 1000
    return last - first - changed, changed


# --- data for the scripts ------------------------------------------------------------


def content(results: Results, steps: list[story.Step]) -> dict[str, Any]:
    """Give the data that scripts read: vocabulary, texts, networks, steps."""
    room = TEXT_ROOM
    size = "u1" if len(results.words) <= 256 else "<u2"
    texts = {}
    for name in ("train", "valid"):
        tokens = results.streams[name][:room]
        room -= len(tokens)
        texts[name] = base64.b64encode(tokens.astype(size).tobytes()).decode("ascii")
    return {
        "words": list(results.words),
        "texts": texts,
        "token_size": np.dtype(size).itemsize,
        "variants": [
            {
                "name": name,
                **arrays.settings(next(iter(networks.values())), results.models[name]),
                "probe": results.probes[name],
                "seeds": {str(s): arrays.as_text(one) for s, one in networks.items()},
            }
            for name, networks in results.networks.items()
            if networks
        ],
        "steps": [{"key": step.key, "view": step.view} for step in steps],
        "lessons": lessons(results),
    }


def lessons(results: Results) -> dict[str, dict[str, Any]]:
    """Give the settings of the variants that can be trained in the page."""
    found = {}
    for name in results.models:
        settings = results.settings(name)
        if settings["sampling"] == "rows" and not settings["copy_head"]:
            found[name] = {
                key: settings[key] for key in LESSON if settings.get(key) is not None
            }
    return found


def carried(networks: Mapping[str, Mapping[int, EngineArrays]]) -> dict[str, list[int]]:
    """Choose seeds while there is room: the first of all variants, then the second."""
    turns = [(n, name, s) for name in networks for n, s in enumerate(networks[name])]
    carry: dict[str, list[int]] = {name: [] for name in networks}
    room = ROOM
    for _, name, seed in sorted(turns, key=itemgetter(0)):  # in the order of `networks`
        size = len(arrays.as_text(networks[name][seed]))
        if size <= room:
            carry[name].append(seed)
            room -= size
    return carry
