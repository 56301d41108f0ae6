"""params.yaml as one structure, checked as a whole before anything runs.

Reading it needs neither PyTorch nor the data, so a mistyped key costs a tenth of a
second, not a training.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from counting.base import config_file
from counting.base.errors import InputError, abbreviate, suggest
from counting.base.models import Model, Recipe
from counting.base.recurrences import OWN
from counting.base.section import Name, Natural, Positive, Range, Section, Seed

PATH = Path("params.yaml")
NUMBERS = "numbers"  # spell.texts where numbers are spelled, and no folder is read


class Spell(Section):
    """Which numbers are spelled, and in which language; or which texts are read."""

    texts: Name  # `NUMBERS`, or a folder in data/texts with texts of your own
    language: str  # one of num2words'
    train: Range
    valid: Range
    beyond: dict[Name, Range]

    @property
    def streams(self) -> dict[str, list[int]]:
        """The first and last number of every stream, by its name."""
        return {"train": self.train, "valid": self.valid, **self.beyond}

    @model_validator(mode="after")
    def _ranges_are_apart(self) -> Self:
        for name in {"train", "valid"} & set(self.beyond):
            raise ValueError(f"beyond.{name}: the name is taken; choose another")
        for name, (first, last) in self.streams.items():
            if first > last:
                raise ValueError(
                    f"{name} is empty: [{first}, {last}] ends before it starts; "
                    "expected [first, last]"
                )
        ordered = sorted(self.streams.items(), key=lambda item: item[1])
        for (one, a), (two, b) in pairwise(ordered):
            if b[0] <= a[1]:
                raise ValueError(
                    f"{one} {a} and {two} {b} overlap; expected ranges that share "
                    f"no number: start {two} after {a[1]}"
                )
        return self


class Prepare(Section):
    """Which words have a token."""

    # words that train has less often are read as <unk>; None: unseen words are refused
    min_count: Positive | None


class Train(Section):
    """What all variants share in training."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    save_every: Positive

    @model_validator(mode="after")
    def _seeds_are_distinct(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {self.seeds} repeat one; expected distinct seeds")
        return self


class Evaluate(Section):
    """How networks are judged: on windows of every stream, `stride` tokens apart."""

    window: Positive  # tokens read
    prompt: Positive  # tokens given, before ...
    steps: Positive  # ... so many are generated
    stride: dict[Name, Positive]
    samples: Natural  # prompts shown in reports/tables

    @model_validator(mode="after")
    def _sequence_fits_the_window(self) -> Self:
        if self.prompt + self.steps > self.window + 1:
            raise ValueError(
                f"prompt {self.prompt} + steps {self.steps} exceed the window's "
                f"{self.window} + 1 tokens; shorten them or widen the window"
            )
        return self


class Plot(Section):
    """How the figures are drawn."""

    rolling: Positive  # steps that a point of the curves is averaged over


class Params(Section):
    """The whole of params.yaml."""

    engine: Literal["compiled", "autograd"]
    device: str  # of PyTorch
    spell: Spell
    prepare: Prepare
    train: Train
    evaluate: Evaluate
    plot: Plot
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    models: Annotated[dict[Name, Model], Field(min_length=1)]

    @field_validator("device")
    @classmethod
    def _device_is_a_name(cls, device: str) -> str:
        if not re.fullmatch("[a-z]+(:[0-9]+)?", device):
            raise ValueError(
                f"{abbreviate(device)} is not allowed; expected cpu, or for engine: "
                "autograd a device of PyTorch, such as cuda or cuda:1: correct it"
            )
        return device

    @model_validator(mode="after")
    def _engine_can_run_them(self) -> Self:
        if self.engine != "compiled":
            return self
        if self.device != "cpu":
            raise ValueError(
                f"device: {self.device} has no effect on engine: compiled, which runs "
                "on the processor; set engine: autograd, or device: cpu"
            )
        for name, model in self.models.items():
            if model.recurrence in OWN:
                raise ValueError(
                    f"models.{name}.recurrence: {model.recurrence}, one of your own, "
                    "cannot be run by engine: compiled; set engine: autograd"
                )
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, model in self.models.items():
            if model.recipe not in self.recipes:
                raise ValueError(
                    f"models.{name}.recipe: {model.recipe!r} is not a recipe"
                    + suggest(model.recipe, self.recipes)
                )
        wanted, given = set(self.spell.streams), set(self.evaluate.stride)
        if self.spell.texts != NUMBERS:  # the streams are then the files of the folder
            return self
        for name in sorted(wanted ^ given):
            raise ValueError(
                f"evaluate.stride: {name!r} is "
                + ("missing" if name in wanted else "no stream of spell")
                + f"; expected a stride for each of {', '.join(sorted(wanted))}"
            )
        return self

    @model_validator(mode="after")
    def _curves_have_a_point(self) -> Self:
        for name, recipe in self.recipes.items():
            if recipe.steps is not None and recipe.steps < self.plot.rolling:
                raise ValueError(
                    f"plot.rolling: {self.plot.rolling} is not allowed; expected at "
                    f"most the {recipe.steps} steps of recipes.{name}: lower it"
                )
        return self

    def variant(self, name: str) -> tuple[Model, Recipe]:
        """Give one variant's architecture and recipe.

        Raises:
            InputError: there is no such variant.
        """
        if name not in self.models:
            raise InputError(
                f"{name!r} is not a variant in params.yaml" + suggest(name, self.models)
            )
        model = self.models[name]
        return model, self.recipes[model.recipe]


def load(path: Path = PATH) -> Params:
    """Read and check params.yaml.

    Raises:
        InputError: there are faults; one line with the key, value, expectation and fix
            of the first, and how many more there are.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: not found, expected a file; run in the project's root folder"
        )
    content = config_file.parse(path)
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: holds {abbreviate(content)}, expected sections such as spell and "
            "models: restore it with git, or write them"
        )
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        # an unknown key first: often it is a missing key, mistyped
        faults = sorted(error.errors(), key=lambda f: f["type"] != "extra_forbidden")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(
            f"{path}: {config_file.explain(faults[0], Params)}{more}"
        ) from None
