"""Describe each variant on the page, from its settings and results alone.

So a variant that somebody adds to params.yaml gets its paragraph as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from counting.page.results import Results

Settings = Mapping[str, Any]  # of a variant and its recipe

ABOUT = {
    "loop": "A recurrence written by hand: one matrix takes the old state and the new "
    "word together, and the result replaces the state",
    "rnn": "A plain recurrent layer: old state and new word go through a matrix each, "
    "and their sum, squashed, replaces the state",
    "gru": "A gated recurrent unit: gates decide how much of the old state is kept, "
    "and how much of it the new value may see",
    "lstm": "A long short-term memory: beside the state runs a cell that gates write, "
    "keep and read",
}


class Rung(NamedTuple):
    """The description of one variant."""

    name: str
    about: str
    beside: str | None  # the earlier variant that differs the least
    changes: list[tuple[str, str, str]]  # setting, before, now
    fault: str


def ladder(results: Results) -> list[Rung]:
    """Describe every variant beside the earlier one that differs the least."""
    rungs: list[Rung] = []
    settings: dict[str, Settings] = {}
    for name in results.models:
        now = results.settings(name)
        beside = nearest_of(now, settings)
        changed = changes(settings[beside], now) if beside else []
        fault = fault_of(results.metrics[name], results.errors[name])
        rungs.append(Rung(name, about(now), beside, changed, fault))
        settings[name] = now
    return rungs


def about(settings: Settings) -> str:
    """Describe a variant in a sentence or two."""
    copy = ". A copy head may say a word again that was just read"
    misread = ". In training some words are misread as others, so that copying pays"
    recombined = ". It also reads recombined windows, made from the training text"
    return (
        ABOUT[settings["recurrence"]]
        + (copy if settings["copy_head"] else "")
        + (misread if settings.get("misread") else "")
        + (recombined if settings.get("recombine") else "")
        + "."
    )


def changes(before: Settings, now: Settings) -> list[tuple[str, str, str]]:
    """List the settings that differ: name, value before, value now."""
    keys = dict.fromkeys([*before, *now])
    pairs = [(key, shown(before.get(key)), shown(now.get(key))) for key in keys]
    return [(key, old, new) for key, old, new in pairs if old != new]


def nearest_of(settings: Settings, others: Mapping[str, Settings]) -> str | None:
    """Name the variant with the fewest differences; of equals, the latest."""
    return min(
        reversed(list(others)),
        key=lambda other: len(changes(others[other], settings)),
        default=None,
    )


def shown(value: Any) -> str:
    """Give a setting as text, a dash if it is not in use."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(one)}" for key, one in value.items())
    return "\N{EN DASH}" if value is None or value == 0 else f"{value}"


def fault_of(metrics: Any, errors: pd.DataFrame) -> str:
    """Say where a variant still goes wrong on the unseen text."""
    seeds = [name for name in errors.columns if str(name).startswith("seed_")]
    kinds = errors.groupby("kind", sort=False)[seeds].sum().sum(axis=1)
    if not kinds.any():
        return "On the unseen text, all of its sequences are right."
    kind, share = kinds.idxmax(), kinds.max() / kinds.sum()
    place = "a word of another kind" if kind == "other" else f"the {kind}"
    right = metrics["valid"]["sequence_accuracy"]
    return (
        f"On the unseen text, {percent(right)} of its sequences are right; of the "
        f"others, {percent(share)} first go wrong at {place}."
    )


def percent(share: float) -> str:
    """Give a share in per cent, never rounded to 0 or 100."""
    if share in (0, 1):
        return f"{share:.0%}"
    digits = 0 if 0.01 <= share <= 0.99 else 2
    text = f"{share:.{digits}%}"
    return {"0.00%": "under 0.01%", "100.00%": "over 99.99%"}.get(text, text)
