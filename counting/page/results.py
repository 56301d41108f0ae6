"""The results that the page shows, as the stage hands them over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from counting.base.types import Array

# tokens (T,) -> the likeliest next token at each place, (T,), and the states (T, H)
Reader = Callable[[list[int]], tuple[list[int], Array]]
EngineArrays = Mapping[str, Array]  # see arrays.engine_arrays


class Results(NamedTuple):
    """The results; mappings are by variant, in the order of params.yaml."""

    words: tuple[str, ...]
    streams: Mapping[str, Any]  # train and valid, tokens (n,)
    numbers: tuple[int, int] | None  # first and last of train, if it is English numbers
    models: Mapping[str, Mapping[str, Any]]  # the sections of params.yaml
    recipes: Mapping[str, Mapping[str, Any]]
    judging: Mapping[str, Any]  # the section evaluate
    metrics: Mapping[str, Any]
    errors: Mapping[str, pd.DataFrame]
    probes: Mapping[str, Any]  # of the first seed of each variant
    networks: Mapping[str, Mapping[int, EngineArrays]]  # by variant, then seed
    readers: Mapping[str, Reader]  # the first seed of each variant
    figures: Mapping[str, str]  # SVG by name

    def settings(self, variant: str) -> dict[str, Any]:
        """Give the settings of a variant and of its recipe, by name."""
        model = self.models[variant]
        return {**self.recipes[model["recipe"]], **model}
