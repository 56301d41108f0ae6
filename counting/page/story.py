"""The story of the page, in steps.

A step is a preset of the live count. Its network is chosen by rule, from settings and
results; a step without a network is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from counting.evaluation.metrics import best
from counting.page.results import Results
from counting.page.starts import lines_of, numbered, starts_of

View = dict[str, str]  # see files/view.js


class Cast(NamedTuple):
    """The variants that appear in the story; None where there is no such variant."""

    plain: str | None  # without gates
    gated: str | None  # the first with gates that has the recipe of the plain one
    copying: str | None  # the best with a copy head that reads no recombined windows
    best: str  # the best of all


class Step(NamedTuple):
    """A step of the story."""

    key: str  # its text is files/steps/KEY.html.j2
    title: str
    view: View
    tries: list[tuple[str, View]]  # buttons: label, and the change of the view


def cast_of(results: Results) -> Cast:
    """Choose the variants of the story."""
    models = results.models
    carried = [name for name in models if results.networks[name]]
    recombining = {n for n in carried if results.settings(n).get("recombine")}

    def first(*recurrences: str, recipe: str | None = None) -> str | None:
        return next(
            (
                name
                for name in carried
                if models[name]["recurrence"] in recurrences
                and not models[name]["copy_head"]
                and recipe in (None, models[name]["recipe"])
            ),
            None,
        )

    plain = first("rnn") or first("loop")
    gated = first("gru", "lstm", recipe=models[plain]["recipe"] if plain else None)
    copying = [n for n in carried if models[n]["copy_head"] and n not in recombining]
    best_copying = best_of(results, copying) if copying else None
    return Cast(plain, gated, best_copying, best_of(results, carried))


def best_of(results: Results, names: Sequence[str]) -> str:
    """Name the best of some variants."""
    return best({name: results.metrics[name] for name in names})


def steps(results: Results) -> list[Step]:
    """Give the steps of the story, in order."""
    cast = cast_of(results)
    at = starts_of(results, cast.plain, cast.gated)
    inside, turn, end = at.inside.typed, at.turn.typed, at.end.typed
    beyond, forced = at.beyond.typed, at.forced.typed
    elsewhere = (f"from {at.forced.label}", {"start": forced})
    at_end = (f"from {at.end.label}", {"start": end})
    beside = [(f"beside {cast.gated}", {"other": cast.gated})] if cast.gated else []
    contrast = (
        [(f"beside {cast.plain}", {"other": cast.plain, "open": "", "unit": "-1"})]
        if cast.plain
        else []
    )
    far = [numbered([n - 2, n - 1, n]) for n in (98, 9_998, 99_998, 999_990)]
    told: list[tuple[str, str, str, View, list[Any]]] = [
        (
            "plain", "reads", "What it reads",
            {"start": inside, "count": "3", "held": "0"}, [],
        ),
        (
            "plain", "state", "Hidden state",
            {"start": inside, "open": "cell", "held": "0"}, [],
        ),
        (
            "plain", "forgets", "Forgetting", {"start": inside},
            [elsewhere, *beside],
        ),
        (
            "gated", "gates", "Gates hold on",
            {"start": inside, "open": "cell", **at.keeper},
            [*contrast, ("24 numbers", {"start": inside, "count": "24"})],
        ),
        (
            "gated", "turn", "Holding too long", {"start": turn, "count": "3"},
            [("fed with the truth", {"start": turn, "fed": "truth"}), at_end],
        ),
        (
            "gated", "beyond", "A word it knows", {"start": beyond, "count": "3"},
            [at_end],
        ),
        (
            "gated", "row", "20 in a row", {"start": forced, "fed": "truth"},
            [("with its own words", {"fed": "own"}),
             ("with the truth", {"fed": "truth"})],
        ),
        (
            "copying", "copies", "A rule, not a list",
            {"start": beyond, "open": "copy", "count": "3", **at.new_word},
            [*beside, at_end],
        ),
        (
            "best", "far", "From one", {"start": "1,", "count": "12"},
            [(f"from {one.label}", {"start": one.typed}) for one in far],
        ),
    ]  # fmt: skip
    return [
        Step(key, title, {"variant": name, **view}, tries)
        for role, key, title, view, tries in told
        if (name := getattr(cast, role)) and (key != "far" or results.numbers)
    ]


def substitute(results: Results, cast: Cast) -> tuple[str, str] | None:
    """Give a word and the substitute that the copy head has for it, as an example.

    The word is the first of a line, the last line for which the two words differ.
    """
    if not cast.copying:
        return None
    table = next(iter(results.networks[cast.copying].values()))["S"]
    for line in reversed(lines_of(results.streams["train"].tolist())):
        if line and (other := int(table[line[0]].argmax())) != line[0]:
            return results.words[line[0]], results.words[other]
    return None


def new_pairs(
    train: Sequence[int], valid: Sequence[int], words: Sequence[str], most: int = 5
) -> list[tuple[str, int, int]]:
    """List pairs of words in the unseen text that training met once or never.

    Returns:
        Pair, times in training, times in the unseen text; the most frequent first.
    """
    met, asked = Counter(pairwise(train)), Counter(pairwise(valid))
    rare = [(pair, met[pair], n) for pair, n in asked.items() if met[pair] <= 1]
    rare.sort(key=lambda row: (-row[2], row[0]))
    return [(" ".join(words[t] for t in pair), m, n) for pair, m, n in rare[:most]]
