"""A variant: its architecture, and the recipe by which it is trained."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from counting.base.recurrences import BUILT_IN, OWN
from counting.base.section import Name, Positive, Rate, Section, Share


class CopyHead(Section):
    """An output layer that may also copy a word read before, or say its substitute."""

    reach: Positive  # positions that can be copied from
    sharpness: Annotated[float, Field(gt=0)]  # S is multiplied by it before its softmax
    no_copy: Share = 0.0  # of the positions of a batch: they may not copy, in training


class Model(Section):
    """The architecture of one variant, its recipe, batch size and learning rate."""

    recurrence: Name  # in BUILT_IN or OWN
    activation: Literal["tanh", "relu"] | None = None
    hidden_size: Annotated[int, Field(ge=1, le=4096)]
    copy_head: CopyHead | None = None
    recipe: Name
    batch_size: Annotated[int, Field(ge=2)]
    learning_rate: Rate

    @model_validator(mode="after")
    def _options_are_used(self) -> Self:
        if self.recurrence not in (known := (*BUILT_IN, *OWN)):
            raise ValueError(
                f"recurrence: {self.recurrence!r} is not known; expected one of "
                f"{', '.join(known)}, or one of your own, put into OWN in "
                "counting/base/recurrences.py"
            )
        simple = self.recurrence in ("loop", "rnn")
        if simple and self.activation is None:
            raise ValueError(
                f"activation is missing: {self.recurrence} needs tanh or relu"
            )
        if not simple and self.activation is not None:
            raise ValueError(
                f"activation: {self.activation} has no effect on {self.recurrence}, "
                "which fixes it; remove the line"
            )
        return self


class Recipe(Section):
    """How a variant is trained; an ingredient that is 0 or None is left out."""

    sampling: Literal["rows", "windows"]  # the stream in order, or windows at random
    epochs: Positive | None = None
    steps: Positive | None = None
    bptt: Positive  # tokens of a window
    optimizer: Literal["adam", "adamw"]
    warm_up: Share | None = None  # of the steps of a one-cycle schedule; None: constant
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    average: Share = 0.0  # of the steps, the last ones: their weights are averaged
    # of the vocabulary: in each window these are read as others, unless windows of the
    # text are recombined
    misread: Share = 0.0
    recombine: Share = 0.0  # of the windows: phrases in them are replaced by others

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
        if (self.optimizer == "adamw") != (self.weight_decay is not None):
            raise ValueError(
                "adamw needs weight_decay; add it"
                if self.weight_decay is None
                else "weight_decay has no effect on adam; remove it or use adamw"
            )
        for key in ("misread", "recombine"):
            if self.sampling == "rows" and getattr(self, key):
                raise ValueError(
                    f"{key} has no effect on sampling: rows, which reads the whole "
                    "stream in order; remove it or use windows"
                )
        return self
