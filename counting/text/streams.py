"""Token streams on disk: a safetensors file each, with one tensor `tokens`.

A stream is never held in memory as a whole, neither for writing nor for reading.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from counting.base import files
from counting.base.errors import InputError
from counting.text.vocabulary import Tokens

KEY = "tokens"
AGAIN = "run `dvc repro prepare` again"
CHUNK = 2**20  # bytes copied, or tokens checked, at once


def content(parts: Iterable[Tokens]) -> Iterator[bytes]:
    """Give the file of a stream in chunks, from parts of its tokens, int16.

    The bytes are those of `safetensors.numpy.save` without metadata. The header says
    how many tokens follow, so these wait in a temporary file until all have come.
    """
    with TemporaryFile(dir=".") as waiting:  # not in /tmp, which may be memory
        for part in parts:
            waiting.write(part.astype("<i2", copy=False).tobytes())
        yield header(waiting.tell() // 2)
        waiting.seek(0)
        while chunk := waiting.read(CHUNK):
            yield chunk


def header(count: int) -> bytes:
    """Give what safetensors writes before `count` tokens: a multiple of 8 bytes."""
    facts = {"dtype": "I16", "shape": [count], "data_offsets": [0, 2 * count]}
    text = json.dumps({KEY: facts}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def load(path: Path, vocabulary_size: int) -> Tokens:
    """Map a stream of tokens, (n,) int16, into memory; changes of it are not saved.

    Raises:
        InputError: the file is missing, damaged, empty, or of another vocabulary.
    """
    count = length(path)
    if not count:
        raise InputError(f"{path}: holds 0 tokens, expected 1 or more; {AGAIN}")
    start = path.stat().st_size - 2 * count  # the one tensor ends the file
    stream = np.memmap(path, "<i2", mode="c", offset=start)
    least, most = 0, 0
    for first in range(0, count, CHUNK):
        part = stream[first : first + CHUNK]
        least, most = min(least, int(part.min())), max(most, int(part.max()))
        release(stream)
    if not 0 <= least <= most < vocabulary_size:
        raise InputError(
            f"{path}: tokens {least}..{most}, expected 0..{vocabulary_size - 1} as in "
            f"the vocabulary; {AGAIN}"
        )
    return np.asarray(stream)


def release(stream: Any) -> None:
    """Free the pages of a mapped stream that were read; reading maps them again.

    Otherwise all that was ever read would count as memory of this process. A stream
    that is not mapped is left alone.
    """
    while isinstance(stream, np.ndarray):
        stream = stream.base
    if isinstance(stream, mmap.mmap):
        stream.madvise(mmap.MADV_DONTNEED)


def length(path: Path) -> int:
    """Give the number of tokens in a file, after safetensors has checked it.

    Raises:
        InputError: it is missing, damaged, or does not hold one stream.
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "not found"
        raise InputError(f"{path}: {found}, expected a file; {AGAIN}")
    try:
        with files.naming(path), safe_open(path, "numpy") as file:
            names = list(file.keys())
            tensor = file.get_slice(KEY) if names == [KEY] else None
            shape: list[int] = tensor.get_shape() if tensor else []
            dtype = tensor.get_dtype() if tensor else ""
    except SafetensorError as error:
        raise InputError(
            f"{path}: expected safetensors, found a damaged file ({error}); {AGAIN}"
        ) from None
    if dtype != "I16" or len(shape) != 1:
        raise InputError(
            f"{path}: holds {names}, expected one int16 tensor {KEY!r} of one "
            f"dimension; {AGAIN}"
        )
    return shape[0]
