"""Token streams on disk: one safetensors file each, with one tensor `tokens`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from stages.counting import files
from stages.counting.cli import InputError
from stages.counting.vocab import Tokens

KEY = "tokens"


def save(path: Path, tokens: Tokens) -> None:
    """Write a stream of tokens, (n,) int16, without metadata."""
    with files.replacing(path) as partial:
        save_file({KEY: tokens}, partial)


def load(path: Path, vocabulary_size: int) -> Tokens:
    """Read a stream of tokens, (n,) int16.

    Raises:
        InputError: the file is missing, damaged, or of another vocabulary.
    """
    again = "run `dvc repro prepare` again"
    if not path.is_file():
        raise InputError(f"{path}: not found; {again}")
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise InputError(f"{path}: damaged ({error}); {again}") from None
    tokens = tensors.get(KEY)
    if tokens is None or tokens.dtype != np.int16 or tokens.ndim != 1:
        raise InputError(
            f"{path}: holds {sorted(tensors)}, expected one int16 tensor "
            f"{KEY!r} of one dimension; {again}"
        )
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < vocabulary_size:
        raise InputError(
            f"{path}: tokens {tokens.min()}..{tokens.max()}, expected "
            f"0..{vocabulary_size - 1} as in the vocabulary; {again}"
        )
    return tokens
