"""The page: everything the pipeline found out, in one file that opens from a disk.

It needs no network, no server and no framework. Style, scripts, charts and the trained
networks are in it, and the same inputs give the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from counting.evaluation.metrics import best
from counting.page import arrays, drawing, story

FOLDER = Path(__file__).parent / "files"
SCRIPTS = (
    "network.js", "text.js", "view.js", "draw.js", "said.js", "inside.js", "matrix.js",
    "page.js",
)  # fmt: skip
ROOM = 1_700_000  # characters of the page that networks may take
TEXT_ROOM = 200_000  # tokens of the texts that the page carries

Network = Mapping[str, np.ndarray[Any, Any]]  # of arrays.engine_arrays


class Results(NamedTuple):
    """What the page shows; mappings go by variant, in the order of params.yaml."""

    words: tuple[str, ...]
    streams: Mapping[str, np.ndarray[Any, Any]]  # train and valid, tokens (n,)
    models: Mapping[str, Mapping[str, Any]]  # the sections of params.yaml
    recipes: Mapping[str, Mapping[str, Any]]
    judging: Mapping[str, Any]  # the section evaluate
    metrics: Mapping[str, Any]
    curves: Mapping[str, pd.DataFrame]
    steps: Mapping[str, pd.DataFrame]
    errors: Mapping[str, pd.DataFrame]
    networks: Mapping[str, Mapping[int, Network]]  # by variant, then seed


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
    names = list(results.models)
    return environment.get_template("index.html.j2").render(
        style=inline("style.css"),
        scripts=[inline(name) for name in SCRIPTS],
        data=content(results),
        look=drawing.look(names),
        text=text_of(results),
        rungs=story.ladder(
            results.models, results.recipes, results.metrics, results.errors
        ),
        rows=[(name, results.metrics[name]) for name in names],
        curves=drawing.curves(results.curves),
        sequences=drawing.sequences(results.steps, ("train", "valid")),
        rule=drawing.RULE,
        against_rule=drawing.against_rule(results.steps, "valid"),
        errors=drawing.errors(results.errors),
        places=story.PLACES,
        judging=results.judging,
        loss_box=drawing.LOSS,
        accuracy_box=drawing.ACCURACY,
        best=best(results.metrics),
        recombined=story.recombined(results.models, results.recipes),
        count=story.how_many(len(names)),
        lost=story.lost(results.metrics),
        how_many=story.how_many,
        carried=carried(results.networks),
    )


def inline(name: str) -> str:
    """Read a file that goes into the page as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")


# --- the text ------------------------------------------------------------------------


def text_of(results: Results) -> dict[str, Any]:
    """Describe the texts: how long, from where to where, and what is new in them."""
    words, described = results.words, {}
    for name in ("train", "valid"):
        tokens = results.streams[name].tolist()
        lines = tokens.count(0) + 1
        first = tokens[: tokens.index(0)] if lines > 1 else tokens
        last = tokens[len(tokens) - tokens[::-1].index(0) :] if lines > 1 else tokens
        described[name] = {
            "lines": lines,
            "tokens": len(tokens),
            "first": " ".join(words[t] for t in first),
            "last": " ".join(words[t] for t in last),
        }
    train, valid = results.streams["train"].tolist(), results.streams["valid"].tolist()
    return {
        **described,
        "sample": [(words[t], t) for t in train[:14]],
        "words": list(words[:60]),
        "more_words": max(0, len(words) - 60),
        "new_pairs": story.new_pairs(train, valid, words),
    }


# --- what the scripts read -----------------------------------------------------------


def content(results: Results) -> dict[str, Any]:
    """Give the data of the page: vocabulary, texts and networks."""
    carry = carried(results.networks)
    room = TEXT_ROOM
    size = "u1" if len(results.words) <= 256 else "<u2"
    texts = {}
    for name in ("train", "valid"):
        tokens = results.streams[name][:room]
        room -= len(tokens)
        texts[name] = base64.b64encode(tokens.astype(size).tobytes()).decode("ascii")
    variants = [
        {
            "name": name,
            **arrays.settings(dict(networks[seeds[0]]), dict(results.models[name])),
            "seeds": {str(s): arrays.as_text(dict(networks[s])) for s in seeds},
        }
        for name, networks in results.networks.items()
        if (seeds := carry[name])
    ]
    return {
        "words": list(results.words),
        "texts": texts,
        "token_size": np.dtype(size).itemsize,
        "variants": variants,
        "shown": first_view(results.metrics, [v["name"] for v in variants]),
    }


def carried(networks: Mapping[str, Mapping[int, Network]]) -> dict[str, list[int]]:
    """Choose the seeds that find room: the first of every variant, then the next."""
    carry: dict[str, list[int]] = {name: [] for name in networks}
    room = ROOM
    for turn in range(max(len(seeds) for seeds in networks.values())):
        for name, seeds in networks.items():
            for seed in list(seeds)[turn : turn + 1]:
                size = arrays.text_size(dict(seeds[seed]))
                if size <= room:
                    carry[name].append(seed)
                    room -= size
    return carry


def first_view(metrics: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Choose what is seen at first: the best variant, and one to compare it with.

    The latter gets less than half as many sequences, yet most words of all such.
    """
    if not names:
        return []
    valid = {name: metrics[name]["valid"] for name in names}
    first = best({name: metrics[name] for name in names})
    enough = valid[first]["sequence_accuracy"] / 2
    failing = [name for name in names if valid[name]["sequence_accuracy"] < enough]
    failing.sort(key=lambda name: -valid[name]["last_token_accuracy"])
    return [first, *failing[:1]]
