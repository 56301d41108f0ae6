"""Trained networks on disk: a folder per variant, with a config and a file per seed.

The config says all that is needed to build the network again, so evaluating needs
only this folder and the prepared data. Weights are safetensors without metadata, read
and written as arrays, so that neither needs PyTorch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from counting.base import files, parameters
from counting.base.errors import InputError, abbreviate
from counting.base.models import Model
from counting.base.section import Section

Arrays = dict[str, np.ndarray[Any, Any]]  # by the names of the network's state_dict

FORMAT = 3  # of the folder; raised by a change that an older version cannot read


class TrainedOn(Section):
    """What a network was trained with, for people to read."""

    texts: str  # this and the language: as in the section spell of params.yaml
    language: str
    numbers: list[int]  # the first and the last
    engine: str
    recipe: dict[str, Any]


class Config(Section):
    """The config of a folder: which network it is, and which seeds were trained."""

    format: int
    variant: str
    model: Model
    vocabulary: list[str]
    seeds: Annotated[list[int], Field(min_length=1)]
    trained_on: TrainedOn | None = None  # None in folders of an older version


def contents(
    folder: Path, config: Config, weights: dict[int, Arrays]
) -> dict[Path, str | bytes]:
    """Give the files to write, with their contents: a file per seed, then the config.

    Args:
        folder: of the variant.
        config: of the variant.
        weights: of each seed.
    """
    seeds = {weight_file(folder, seed): to_bytes(w) for seed, w in weights.items()}
    return {**seeds, folder / "config.json": files.as_json(config.model_dump())}


def weight_file(folder: Path, seed: int) -> Path:
    """Name the weight file of a seed."""
    return folder / f"seed-{seed}.safetensors"


def load_config(folder: Path, vocabulary: tuple[str, ...] | None = None) -> Config:
    """Read and check the config of a folder of weights.

    Args:
        folder: of one variant.
        vocabulary: the words it must have been trained with; None for any.

    Raises:
        InputError: it is missing, damaged, of another version, of another variant or
            of another vocabulary.
    """
    path = folder / "config.json"
    again = f"run `dvc repro train@{folder.name}` again"
    content: Any = files.read_json(path, again)
    version = content.get("format") if isinstance(content, dict) else content
    if version != FORMAT:
        raise InputError(
            f"{path}: format {abbreviate(version)}, expected {FORMAT}; {again}"
        )
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise InputError(f"{path}: {where}: {fault['msg']}; {again}") from None
    if config.variant != folder.name:
        raise InputError(
            f"{path}: variant {config.variant!r}, expected {folder.name!r}; {again}"
        )
    if vocabulary is not None and tuple(config.vocabulary) != vocabulary:
        raise InputError(
            f"{path}: trained with a vocabulary of {len(config.vocabulary)} tokens "
            f"that is not the one prepared ({len(vocabulary)} tokens); {again}"
        )
    return config


def load_weights(folder: Path, config: Config, seed: int) -> Arrays:
    """Read the weights of one seed, by the names of the network's state_dict.

    Raises:
        InputError: the variant was not trained with the seed, or its weights are
            missing, damaged, not finite, or of another network.
    """
    path = weight_file(folder, seed)
    again = f"run `dvc repro train@{folder.name}` again"
    if seed not in config.seeds:
        raise InputError(
            f"{folder}: seed {seed} was not trained, expected one of "
            f"{', '.join(map(str, config.seeds))}"
        )
    try:
        found = from_bytes(files.read_bytes(path, again))
    except (SafetensorError, KeyError) as error:  # KeyError: a dtype NumPy lacks
        raise InputError(
            f"{path}: expected safetensors, found a damaged file ({error}); {again}"
        ) from None
    known = parameters.tensors(config.model, len(config.vocabulary))
    expected = {name: (t.dtype, t.shape) for name, t in known.items()}
    have = {name: (str(a.dtype), a.shape) for name, a in found.items()}
    if have != expected:
        name = sorted(set(have.items()) ^ set(expected.items()))[0][0]
        raise InputError(
            f"{path}: {name} is {described(have.get(name))}, expected "
            f"{described(expected.get(name))} in a {config.variant} network; {again}"
        )
    if not all(np.isfinite(array).all() for array in found.values()):
        raise InputError(f"{path}: holds weights that are not finite; {again}")
    return found


def described(tensor: tuple[str, tuple[int, ...]] | None) -> str:
    """Describe a tensor by dtype and shape, such as float32 (30, 64)."""
    return "{} {}".format(*tensor) if tensor else "missing"
