"""Trained networks on disk: a folder a variant, a config and one weight file a seed.

The config says all that is needed to build the network again, so evaluating needs
this folder and the prepared data only. Weights are safetensors without metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor

from counting.base import files
from counting.base.cli import InputError, shown
from counting.base.params import Model, Section
from counting.networks.network import CountingModel

FORMAT = 1  # of the folder; raised when an older reader could not read it


class Config(Section):
    """What a folder of weights holds."""

    format: int
    variant: str
    model: Model
    vocabulary: list[str]
    seeds: Annotated[list[int], Field(min_length=1)]


def contents(
    folder: Path, config: Config, weights: dict[int, dict[str, Tensor]]
) -> dict[Path, str | bytes]:
    """Give what to write: one weight file a seed, and last the config."""
    seeds = {weight_file(folder, seed): to_bytes(w) for seed, w in weights.items()}
    return {**seeds, folder / "config.json": files.as_json(config.model_dump())}


def weight_file(folder: Path, seed: int) -> Path:
    """Name the weight file of a seed."""
    return folder / f"seed-{seed}.safetensors"


def load_config(folder: Path, vocabulary: tuple[str, ...]) -> Config:
    """Read and check the config of a folder of weights.

    Raises:
        InputError: it is damaged, of another version, or of another vocabulary.
    """
    path = folder / "config.json"
    again = f"run `dvc repro train@{folder.name}` again"
    content: Any = files.read_json(path, again)
    version = content.get("format") if isinstance(content, dict) else content
    if version != FORMAT:
        raise InputError(f"{path}: format {shown(version)}, expected {FORMAT}; {again}")
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
    if tuple(config.vocabulary) != vocabulary:
        raise InputError(
            f"{path}: trained with a vocabulary of {len(config.vocabulary)} tokens "
            f"that is not the one prepared ({len(vocabulary)} tokens); {again}"
        )
    return config


def load_model(folder: Path, config: Config, seed: int) -> CountingModel:
    """Build the network of one seed, in evaluation mode.

    Raises:
        InputError: the weights are missing, damaged, or of another network.
    """
    path = weight_file(folder, seed)
    again = f"run `dvc repro train@{folder.name}` again"
    try:
        state = from_bytes(files.read_bytes(path, again))
    except SafetensorError as error:
        raise InputError(
            f"{path}: expected safetensors, found a damaged file ({error}); {again}"
        ) from None
    model = CountingModel(config.model, len(config.vocabulary))
    expected = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    found = {name: tuple(t.shape) for name, t in state.items()}
    if found != expected:
        name = sorted(set(found.items()) ^ set(expected.items()))[0][0]
        raise InputError(
            f"{path}: {name} is {found.get(name, 'missing')}, expected "
            f"{expected.get(name, 'no such tensor')} in a {config.variant} network; "
            f"{again}"
        )
    if any(t.is_floating_point() and not t.isfinite().all() for t in state.values()):
        raise InputError(f"{path}: holds weights that are not finite; {again}")
    model.load_state_dict(state)
    with torch.no_grad():
        return model.eval()
