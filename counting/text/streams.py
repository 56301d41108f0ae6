"""Token streams on disk: one safetensors file each, with one tensor `tokens`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes

from counting.base import files
from counting.base.cli import InputError
from counting.text.vocabulary import Tokens

KEY = "tokens"
AGAIN = "run `dvc repro prepare` again"


def content(tokens: Tokens) -> bytes:
    """Give the bytes of a stream of tokens, (n,) int16: safetensors, no metadata."""
    return to_bytes({KEY: tokens})


def load(path: Path, vocabulary_size: int) -> Tokens:
    """Read a stream of tokens, (n,) int16.

    Raises:
        InputError: the file is missing, damaged, empty, or of another vocabulary.
    """
    try:
        tensors = from_bytes(files.read_bytes(path, AGAIN))
    except SafetensorError as error:
        raise InputError(
            f"{path}: expected safetensors, found a damaged file ({error}); {AGAIN}"
        ) from None
    tokens = tensors.get(KEY)
    if tokens is None or tokens.dtype != np.int16 or tokens.ndim != 1:
        raise InputError(
            f"{path}: holds {sorted(tensors)}, expected one int16 tensor "
            f"{KEY!r} of one dimension; {AGAIN}"
        )
    if not tokens.size:
        raise InputError(f"{path}: holds 0 tokens, expected 1 or more; {AGAIN}")
    if not 0 <= tokens.min() <= tokens.max() < vocabulary_size:
        raise InputError(
            f"{path}: tokens {tokens.min()}..{tokens.max()}, expected "
            f"0..{vocabulary_size - 1} as in the vocabulary; {AGAIN}"
        )
    return tokens
