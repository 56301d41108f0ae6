"""params.yaml as one checked structure: everything wrong with it is said at once.

Reading it needs neither torch nor the data, so a mistyped key costs a tenth of a
second, not a training.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from stages.counting import files
from stages.counting.cli import InputError

PATH = Path("params.yaml")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Range = Annotated[list[Positive], Field(min_length=2, max_length=2)]


class Section(BaseModel):
    """A section of params.yaml: frozen, typed, and without unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )


class Spell(Section):
    """Which numbers are spelled, and in which of num2words' languages."""

    language: str
    train: Range
    valid: Range
    beyond: dict[Name, Range]

    @property
    def streams(self) -> dict[str, list[int]]:
        """Every stream's first and last number, by name."""
        return {"train": self.train, "valid": self.valid, **self.beyond}

    @model_validator(mode="after")
    def _ranges_are_apart(self) -> Self:
        for name in {"train", "valid"} & set(self.beyond):
            raise ValueError(f"beyond.{name} takes a name in use; choose another")
        for name, (first, last) in self.streams.items():
            if first > last:
                raise ValueError(
                    f"{name} is empty: [{first}, {last}] ends before it starts; "
                    "expected [first, last]"
                )
        ordered = sorted(self.streams.items(), key=lambda item: item[1])
        for (one, a), (two, b) in zip(ordered, ordered[1:], strict=False):
            if b[0] <= a[1]:
                raise ValueError(
                    f"{one} {a} and {two} {b} overlap; expected ranges that share "
                    f"no number: start {two} after {a[1]}"
                )
        return self


class Model(Section):
    """The architecture of one variant, and the two figures chosen for it alone."""

    recurrence: Literal["loop", "rnn", "gru", "lstm"]
    activation: Literal["tanh", "relu"] | None = None
    hidden_size: Annotated[int, Field(ge=1, le=4096)]
    batch_norm: bool
    head: Literal["linear", "copy"]
    memory: Positive | None = None
    recipe: Name
    batch_size: Annotated[int, Field(ge=2)]
    learning_rate: Rate

    @model_validator(mode="after")
    def _options_are_used(self) -> Self:
        simple = self.recurrence in ("loop", "rnn")
        if simple and self.activation is None:
            raise ValueError(
                f"activation is missing: {self.recurrence} needs tanh or relu"
            )
        if not simple and self.activation is not None:
            raise ValueError(
                f"activation: {self.activation} has no effect on {self.recurrence}, "
                "whose gates fix it; remove the line"
            )
        if (self.head == "copy") != (self.memory is not None):
            raise ValueError(
                f"memory: {self.memory} does not belong to head: {self.head}; "
                "a copy head needs it (positions it can copy from), others do not"
            )
        return self


class Recipe(Section):
    """How a variant is trained; every ingredient is a figure, none a branch."""

    sampling: Literal["rows", "windows"]
    epochs: Positive | None = None
    steps: Positive | None = None
    bptt: Annotated[int, Field(ge=1)]
    optimiser: Literal["adam", "adamw"]

    @model_validator(mode="after")
    def _options_are_used(self) -> Self:
        needed, other = (
            ("epochs", "steps") if self.sampling == "rows" else ("steps", "epochs")
        )
        if getattr(self, needed) is None or getattr(self, other) is not None:
            raise ValueError(
                f"sampling: {self.sampling} is counted in {needed}; "
                f"set {needed} and remove {other}"
            )
        return self


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
    """How the networks are judged: windows of every stream, at a stride."""

    window: Positive
    prompt: Positive
    steps: Positive
    stride: dict[Name, Positive]
    samples: Natural

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

    rolling: Positive


class Params(Section):
    """The whole of params.yaml."""

    numerics: Literal["portable", "fast"]
    spell: Spell
    train: Train
    evaluate: Evaluate
    plot: Plot
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    models: Annotated[dict[Name, Model], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, model in self.models.items():
            if model.recipe not in self.recipes:
                raise ValueError(
                    f"models.{name}.recipe: {model.recipe!r} is not a recipe"
                    + nearest(model.recipe, self.recipes)
                )
        wanted, given = set(self.spell.streams), set(self.evaluate.stride)
        for name in sorted(wanted ^ given):
            raise ValueError(
                f"evaluate.stride: {name!r} is "
                + ("missing" if name in wanted else "no stream of spell")
                + f"; expected a stride for each of {', '.join(sorted(wanted))}"
            )
        return self

    def variant(self, name: str) -> tuple[Model, Recipe]:
        """Give one variant's architecture and recipe.

        Raises:
            InputError: there is no such variant.
        """
        if name not in self.models:
            raise InputError(
                f"{name!r} is not a variant in params.yaml" + nearest(name, self.models)
            )
        model = self.models[name]
        return model, self.recipes[model.recipe]


def load(path: Path = PATH) -> Params:
    """Read and check params.yaml.

    Raises:
        InputError: in one line, the first fault: key, value, expectation and fix.
    """
    if not path.is_file():
        raise InputError(f"{path}: not found; run in the project's root folder")
    try:
        content = yaml.load(files.read_text(path), Loader=_Loader)
    except yaml.YAMLError as error:
        raise InputError(
            f"{path}: not YAML: {error}; mend the line it names"
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: {content!r} is not a mapping of sections")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        faults = error.errors()
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(f"{path}: {_explain(faults[0], content)}{more}") from None


def nearest(name: str, known: Any) -> str:
    """Suggest the known name nearest to a mistyped one."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{hint} (known: {', '.join(known)})"


def _explain(fault: ErrorDetails, content: dict[str, Any]) -> str:
    """Put a fault that pydantic found into one line: where, what, what instead."""
    where = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    key = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "extra_forbidden":
            return f"{where}: unknown key" + nearest(key, _known_keys(fault["loc"]))
        case "missing":
            return f"{where}: missing; expected a value for {key!r}: add the line"
        case "value_error":
            text = fault["msg"].removeprefix("Value error, ")
            return f"{where}: {text}" if where else text
    expectation = fault["msg"].replace("Input should be", "expected", 1)
    return f"{where}: {fault['input']!r} is not allowed; {expectation}: correct it"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Give the keys that the section around an unknown key allows."""
    section: Any = Params
    for part in loc[:-1]:
        if isinstance(section, type) and issubclass(section, Section):
            annotation = section.model_fields[str(part)].annotation
        else:
            annotation = section
        found = re.findall(r"params\.(\w+)", str(annotation))
        section = globals()[found[-1]] if found else annotation
    return list(section.model_fields)


class _Loader(yaml.SafeLoader):
    """YAML as DVC reads it: 1e-06 is a number, and no key may stand twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(  # type: ignore[no-untyped-call]
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)
