"""What the page says of each variant, worked out from settings and results alone.

A variant of a known kind that somebody adds to params.yaml gets its paragraph like all
others; a setting without a sentence here is shown by its name and value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

Settings = Mapping[str, Any]

RECURRENCES = {
    "loop": "A loop written by hand. At every word one matrix is applied to "
    "the last state and the new word together, and the result replaces the state.",
    "rnn": "A plain recurrent layer. At every word the last state and the new word go "
    "through a matrix each, and the result replaces the state.",
    "gru": "A gated recurrent unit. At every word each unit decides how much of its "
    "value it keeps, and how much of the old state its new value may see.",
    "lstm": "A long short-term memory. Beside the state runs a cell that is written, "
    "wiped and read through gates of its own.",
}
NAMES = {"loop": "loop", "rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
HEADS = {
    "linear": "From the state, batch norm and one linear layer make a score for each "
    "word.",
    "copy": "Besides a word of its own it may say again a word it has just read, or "
    "what a learnt table puts in the place of that word.",
}
# settings of a recipe or of a model that are worth a phrase, when they are in use
INGREDIENTS = {
    "weight_decay": "a price on large weights",
    "recombine": "windows in which words are put where they never stood",
    "clip_norm": "clipped gradients",
    "warm_up": "a learning rate that rises and falls",
}


class Rung(NamedTuple):
    """What the page says of one variant."""

    name: str
    what: str
    training: str
    beside: str | None  # the variant it is compared with
    changes: list[tuple[str, str, str]]  # setting, before, now
    fault: str


def ladder(
    models: Mapping[str, Settings],
    recipes: Mapping[str, Settings],
    metrics: Mapping[str, Any],
    errors: Mapping[str, pd.DataFrame],
) -> list[Rung]:
    """Tell of every variant, each beside the one before it that differs the least."""
    rungs = []
    for place, (name, model) in enumerate(models.items()):
        before = {other: models[other] for other in list(models)[:place]}
        beside = nearest_of(model, before)
        last = models[beside] if beside else {}
        rungs.append(
            Rung(
                name,
                what_is_new(model, last, beside),
                training(model, last, recipes),
                beside,
                changes(last, model) if beside else [],
                fault(metrics[name], errors[name]),
            )
        )
    return rungs


def recombined(models: Mapping[str, Settings], recipes: Mapping[str, Settings]) -> str:
    """Name the variants that read words where the text never put them."""
    names = [n for n, one in models.items() if recipes[one["recipe"]].get("recombine")]
    return in_a_row(names) if names else ""


def what_is_new(model: Settings, last: Settings, beside: str | None) -> str:
    """Describe recurrence and head of a variant, as far as they are others."""
    recurrence, head = model["recurrence"], head_of(model)
    same = f"The same {NAMES[recurrence]} as in {beside}."
    parts = [same if recurrence == last.get("recurrence") else RECURRENCES[recurrence]]
    if not last or head != head_of(last):
        parts.append(HEADS[head])
    return " ".join(parts)


def head_of(model: Settings) -> str:
    """Name the head of a variant."""
    return "copy" if model["copy_head"] else "linear"


def changes(before: Settings, now: Settings) -> list[tuple[str, str, str]]:
    """List the settings that differ: name, value before, value now."""
    keys = dict.fromkeys([*before, *now])
    pairs = [(key, shown(before.get(key)), shown(now.get(key))) for key in keys]
    return [(key, old, new) for key, old, new in pairs if old != new]


def nearest_of(model: Settings, others: Mapping[str, Settings]) -> str | None:
    """Name the other variant with the fewest differences, the latest of equals."""
    return min(
        reversed(list(others)),
        key=lambda other: len(changes(others[other], model)),
        default=None,
    )


def shown(value: Any) -> str:
    """Give a setting as text; what is not in use is a dash."""
    return "\N{EN DASH}" if value is None or value == 0 else f"{value}"


def training(model: Settings, last: Settings, recipes: Mapping[str, Settings]) -> str:
    """Say how a variant is trained, and which ingredients are new in that."""
    recipe = recipes[model["recipe"]]
    used = ingredients(model, recipe)
    if last and (model["recipe"], model["batch_size"], used) == (
        last["recipe"],
        last["batch_size"],
        ingredients(last, recipes[last["recipe"]]),
    ):
        return "Trained in the same way."
    known = ingredients(last, recipes[last["recipe"]]) if last else []
    new = [phrase for phrase in used if phrase not in known]
    length = (
        f"{recipe['epochs']} epochs over the text in order"
        if recipe.get("epochs")
        else f"{recipe['steps']:,} steps on windows drawn from the text"
    )
    also = f" {'Also' if known else 'With'} {in_a_row(new)}." if new else ""
    return (
        f"Trained for {length}, in batches of {model['batch_size']}, "
        f"{recipe['bptt']} words at a time.{also}"
    )


def ingredients(model: Settings, recipe: Settings) -> list[str]:
    """List the phrases for what is in use, of a recipe and of a model."""
    both = {**recipe, **model}
    return [phrase for key, phrase in INGREDIENTS.items() if both.get(key)]


def in_a_row(phrases: Sequence[str]) -> str:
    """Join phrases as in English."""
    *most, last = phrases
    return f"{', '.join(most)} and {last}" if most else last


def fault(metrics: Any, errors: pd.DataFrame) -> str:
    """Say what a variant still gets wrong on the text it never read."""
    kinds = by_kind(errors)
    total = sum(kinds.values())
    if not total:
        return "On the unseen text all of its sequences are right."
    kind, most = max(kinds.items(), key=lambda item: item[1])
    right = metrics["valid"]["sequence_accuracy"]
    return (
        f"On the unseen text {percent(right)} of its sequences are right; of those "
        f"that fail, {percent(most / total)} fail first at {PLACES[kind]}."
    )


PLACES = {
    "thousands": "the thousands",
    "hundreds": "the hundreds",
    "tens": "the tens",
    "units": "the units",
    "comma": "the comma",
    "other": "a word of another kind",
}


def by_kind(errors: pd.DataFrame) -> dict[str, float]:
    """Add up the errors of a variant by kind, in the mean of the seeds."""
    seeds = [name for name in errors.columns if str(name).startswith("seed_")]
    means = errors.set_index("kind")[seeds].mean(axis=1)
    return {kind: float(means[means.index == kind].sum()) for kind in PLACES}


def percent(share: float) -> str:
    """Give a share as text, never rounded to none or all."""
    if share in (0, 1):
        return f"{share:.0%}"
    digits = 0 if 0.01 <= share <= 0.99 else 2
    text = f"{share:.{digits}%}"
    return {"0.00%": "under 0.01%", "100.00%": "over 99.99%"}.get(text, text)


def new_pairs(
    train: Sequence[int], valid: Sequence[int], words: Sequence[str], most: int = 6
) -> list[tuple[str, int, int]]:
    """List pairs of words of the unseen text that training met once or never.

    Returns:
        Pair, times in training, times in the unseen text; the most frequent first.
    """
    met, asked = Counter(pairwise(train)), Counter(pairwise(valid))
    rare = [(pair, met[pair], n) for pair, n in asked.items() if met[pair] <= 1]
    rare.sort(key=lambda row: (-row[2], row[0]))
    return [(" ".join(words[t] for t in pair), m, n) for pair, m, n in rare[:most]]


NUMBERS = "No One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve".split()


def how_many(count: int) -> str:
    """Give a small number as a word that starts a sentence."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


def lost(metrics: Mapping[str, Any]) -> int:
    """Count the variants that get less than half of the unseen sequences right."""
    return sum(m["valid"]["sequence_accuracy"] < 0.5 for m in metrics.values())
