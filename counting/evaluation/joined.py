"""Long streams, mapped from disk, read without a copy of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from counting.base.types import Array
from counting.text import streams

CHUNK = 2**16  # tokens in which separators are looked for at once


class Joined:
    """Streams one after the other, with the separator between them.

    A slice, of step one, is an array (n,) of its own; no whole stream is copied.

    Args:
        parts: the streams, tokens (n,) each; one or more.
        separator: the token between two of them.
    """

    def __init__(self, parts: Sequence[Stream], separator: int) -> None:
        comma = np.array([separator], np.int16)
        rest = (part for later in parts[1:] for part in (comma, later))
        self.parts = [parts[0], *rest]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, wanted: slice) -> Array:
        start, stop, _ = wanted.indices(len(self))
        found = []
        for part in self.parts:
            found.append(part[max(0, start) : max(0, stop)])
            start, stop = start - len(part), stop - len(part)
        tokens = np.concatenate(found)
        for part in self.parts:
            streams.release(part)
        return tokens


Stream = Array | Joined  # tokens (n,), of which slices are taken


def separators(
    stream: Stream, separator: int, first: int = 0, stop: int | None = None
) -> Iterator[Array]:
    """Find the places of the separators in stream[first:stop], some at a time."""
    stop = len(stream) if stop is None else stop
    for start in range(first, stop, CHUNK):
        chunk = stream[start : min(start + CHUNK, stop)]
        yield np.flatnonzero(chunk == separator) + start
        streams.release(stream)
