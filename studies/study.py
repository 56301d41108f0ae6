"""A study: ranges of numbers, seeds, and rows, as its YAML file has them.

Each row is a variant of params.yaml with what is changed in it. Each of its trainings
is known by a key, a digest of all that its result depends on.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from counting.base import config_file, files, params
from counting.base.errors import InputError, suggest
from counting.base.models import Model, Recipe
from counting.base.section import Positive, Range, Section, Seed, Share
from counting.running import origin
from studies import texts
from studies.transformer import Size

Order = Annotated[int, Field(ge=2, le=12)]  # more cannot be numbered in 64 bits
Entry = dict[str, Any]  # a training: name, seed, variant and key; then its results too

FOLDER = Path(__file__).parent
PEERS = ("transformer", "ngram")  # each a module here, which its rows alone depend on
OWN = {*PEERS, "withhold", "text", "train", "judge"}  # of a row, beside its change


class Row(Section):
    """A variant, and what is changed in it; keys of its model or of its recipe."""

    name: str
    variant: str
    change: dict[str, Any] = Field(default_factory=dict)
    transformer: Size | None = None  # in the place of its recurrence, by autograd
    ngram: Order | None = None  # or no network: so many words in a row, counted
    withhold: Share = 0.0  # of the thousands parts are never read
    text: str | None = None  # of texts.py; or the language of params.yaml
    train: list[Range] | None = None  # others than those of the study
    judge: list[Range] | None = None


class Starts(Section):
    """Random starts: one number given, so many after it to be said."""

    ranges: list[Range]
    each: Positive  # starts in each range
    numbers: Positive

    def check(self, text: list[list[int]]) -> None:
        """Refuse a range without a start in the numbers of a text, range after range.

        Raises:
            ValueError: no number of it is there with so many after it.
        """
        for first, last in self.ranges:
            shared = [range(max(first, a), min(last, b) + 1) for a, b in text]
            inside = [numbers[0] for numbers in shared if numbers]
            if not inside or min(inside) + self.numbers > text[-1][1]:
                raise ValueError(
                    f"starts: {[first, last]} has no number of {text} with "
                    f"{self.numbers} after it; expected one"
                )


class Study(Section):
    """Which rows are trained on what, and judged on what comes next."""

    title: str
    train: list[Range]  # one stream, one range after the other
    judge: list[Range]  # a stream each
    digits: Annotated[int, Field(ge=3, le=10)] = 10  # numbers with others are left out
    strides: list[Positive] = Field(default_factory=list)  # of each; or 1
    reach: list[int] = Field(default_factory=list)  # numbers: which seeds count there
    starts: Starts | None = None
    thousands: bool = False  # judge the step into every thousand by itself
    predicted: dict[str, str] = Field(default_factory=dict)  # of a row, beforehand
    seeds: Annotated[list[Seed], Field(min_length=1)]
    rows: list[Row]

    @property
    def every(self) -> list[int]:
        """Give the tokens between two windows judged, for each range."""
        return self.strides or [1] * len(self.judge)

    @model_validator(mode="after")
    def _each_stream_has_a_stride(self) -> Self:
        for judge in (self.judge, *(row.judge for row in self.rows if row.judge)):
            if len(self.every) != len(judge):
                raise ValueError(
                    f"strides: {self.every} are not one for each of {judge}"
                )
        return self

    @model_validator(mode="after")
    def _names_and_seeds_are_distinct(self) -> Self:
        names = [row.name for row in self.rows]
        for what, given in (("rows", names), ("seeds", [*map(str, self.seeds)])):
            if twice := [one for one in given if given.count(one) > 1]:
                raise ValueError(f"{what}: {twice[0]!r} occurs twice")
        return self

    @model_validator(mode="after")
    def _starts_are_in_the_text(self) -> Self:
        for row in self.rows:
            if starts := self.starts:
                starts.check([*(row.train or self.train), *(row.judge or self.judge)])
        return self

    @model_validator(mode="after")
    def _what_is_withheld_is_judged(self) -> Self:
        for row in self.rows:
            if row.withhold and not self.thousands:
                raise ValueError(
                    f"rows: {row.name!r}: withhold has no effect without thousands: "
                    "true; add that line or remove withhold"
                )
        return self

    @model_validator(mode="after")
    def _texts_are_known(self) -> Self:
        for row in self.rows:
            if row.text is not None:
                texts.check(row.text)
        return self


def load(path: Path) -> Study:
    """Read and check a study."""
    if not path.is_file():
        raise InputError(f"{path}: not found; studies stand in studies/")
    try:
        return Study.model_validate(config_file.parse(path))
    except ValidationError as error:
        reason = config_file.explain(error.errors()[0], Study)
        raise InputError(f"{path}: {reason}") from None


def changed(settings: params.Params, row: Row) -> dict[str, Any]:
    """Give the model and recipe of a row's variant, with its changes, checked."""
    model, recipe = settings.variant(row.variant)
    parts = {"model": model.model_dump(), "recipe": recipe.model_dump()}
    for key, value in row.change.items():
        section, _, inner = key.partition(".")  # copy_head.reach
        owner = next((part for part in parts.values() if section in part), None)
        if owner is None or section == "recipe":  # which is changed key by key
            known = [*parts["model"].keys() - {"recipe"}, *parts["recipe"]]
            raise InputError(
                f"{row.name}: {key!r} is no parameter" + suggest(key, known)
            )
        if inner and not isinstance(owner[section], dict | None):
            raise InputError(f"{row.name}: {key!r}: {section} is no section of keys")
        owner[section] = {**(owner[section] or {}), inner: value} if inner else value
    checked: dict[str, Section] = {}
    for name, of in (("model", Model), ("recipe", Recipe)):
        try:
            checked[name] = of.model_validate(parts[name])
        except ValidationError as error:
            reason = config_file.explain(error.errors()[0], of)
            raise InputError(f"{row.name}: change: {reason}") from None
    more = row.model_dump(include=OWN, exclude_defaults=True)
    return more | {  # what a recipe is called changes nothing
        name: one.model_dump(exclude_defaults=True, exclude={"recipe"})
        for name, one in checked.items()
    }


def trainings(study: Study, settings: params.Params) -> list[Entry]:
    """List the trainings of a study, seed after seed, each with its key."""
    measured = study.model_dump(
        include={"train", "judge", "digits", "strides", "starts", "thousands"},
        exclude_defaults=True,
    ) | {
        "language": settings.spell.language,
        "sequences": {
            **settings.evaluate.model_dump(include={"window", "prompt", "steps"}),
            "stride": settings.evaluate.stride["train"],
        },
    }
    for row in study.rows if study.thousands else ():
        if (text := row.text or settings.spell.language) != "en":
            raise InputError(
                f"{row.name}: thousands: true is for the text en, found {text}: remove "
                "that line, or use en"
            )
    shared = [
        origin.facts(),
        source("trial"),
        source("texts"),
        source("thousands") if study.thousands else "",
        measured,
    ]
    entries = []
    for seed in study.seeds:
        for row in study.rows:
            variant = changed(settings, row)
            own = [source(peer) for peer in PEERS if peer in variant]
            text = json.dumps([*shared, *own, variant, seed], sort_keys=True)
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            entry = {"name": row.name, "seed": seed, "variant": variant, "key": key}
            entries.append(entry | {"measured": measured})
    return entries


def source(name: str) -> str:
    """Give the code of a module of this folder."""
    return origin.code_of(files.read_text(FOLDER / f"{name}.py"))
