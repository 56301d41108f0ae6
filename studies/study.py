"""A study: ranges of numbers, seeds, and rows, as its YAML file has them.

Each row is a variant of params.yaml with the parameters that it changes. Each of its
trainings is known by a key, a digest of all that its result depends on.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from counting.base import files, params
from counting.base.errors import InputError, suggest
from counting.running import cluster
from studies.transformer import Size

Entry = dict[str, Any]  # a training: name, seed, variant and key; then its results too


class Row(params.Section):
    """A variant, and what is changed in it; keys of its model or of its recipe."""

    name: str
    variant: str
    change: dict[str, Any] = Field(default_factory=dict)
    transformer: Size | None = None  # in the place of its recurrence, by autograd


class Study(params.Section):
    """Which rows are trained on what, and judged on what comes next."""

    title: str
    train: list[params.Range]  # one stream, one range after the other
    judge: list[params.Range]  # a stream each
    digits: int = Field(default=10, ge=3, le=10)  # numbers with others are left out
    strides: list[params.Positive] = Field(default_factory=list)  # of each; or 1
    seeds: list[int]
    rows: list[Row]

    @property
    def every(self) -> list[int]:
        """Give the tokens between two windows judged, for each range."""
        return self.strides or [1] * len(self.judge)

    @model_validator(mode="after")
    def _each_stream_has_a_stride(self) -> Self:
        if self.strides and len(self.strides) != len(self.judge):
            raise ValueError(
                f"strides: {self.strides} are not one for each of {self.judge}"
            )
        return self


def load(path: Path) -> Study:
    """Read and check a study."""
    if not path.is_file():
        raise InputError(f"{path}: not found; studies stand in studies/")
    try:
        return Study.model_validate(params.parse(path))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise InputError(f"{path}: {where}: {fault['msg']}; mend it") from None


def changed(settings: params.Params, row: Row) -> dict[str, Any]:
    """Give the model and recipe of a row's variant, with its changes, checked."""
    model, recipe = settings.variant(row.variant)
    parts = {"model": model.model_dump(), "recipe": recipe.model_dump()}
    for key, value in row.change.items():
        owner = next((part for part in parts.values() if key in part), None)
        if owner is None:
            known = [*parts["model"], *parts["recipe"]]
            raise InputError(
                f"{row.name}: {key!r} is no parameter" + suggest(key, known)
            )
        owner[key] = value
    try:
        checked = {
            "model": params.Model.model_validate(parts["model"]),
            "recipe": params.Recipe.model_validate(parts["recipe"]),
        }
    except ValidationError as error:
        raise InputError(f"{row.name}: {error.errors()[0]['msg']}") from None
    variant = {
        name: one.model_dump(exclude_defaults=True) for name, one in checked.items()
    }
    if row.transformer:
        variant["transformer"] = row.transformer.model_dump()
    return variant


def trainings(study: Study, settings: params.Params) -> list[Entry]:
    """List the trainings of a study, each with its key."""
    ours = cluster.facts() | {
        "trial": files.read_text(Path(__file__).with_name("trial.py"))
    }
    ranges = study.model_dump(include={"train", "judge", "digits", "strides"})
    judging = settings.evaluate.model_dump(exclude={"samples"})
    shared = [ours, ranges, judging, settings.spell.language]
    entries = []
    for row in study.rows:
        variant = changed(settings, row)
        for seed in study.seeds:
            text = json.dumps([*shared, variant, seed], sort_keys=True)
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            entry = {"name": row.name, "seed": seed, "variant": variant, "key": key}
            entries.append(entry)
    return entries


def matching(known: list[Entry], wanted: list[Entry], *keys: str) -> list[Entry]:
    """Give the known results of the trainings wanted, in their order, by some keys."""
    return [
        entry
        for one in wanted
        for entry in known
        if all(entry.get(key) == one[key] for key in keys)
    ]
