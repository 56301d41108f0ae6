"""Streams joined without a copy, against a copy."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from counting.evaluation import generation, joined
from counting.evaluation.joined import Joined, separators
from counting.text import streams
from tests.evaluation.test_generation import COMMA, Successor, V, cycle

PARTS = [np.array([3, 0, 4]), np.array([5]), np.array([1, 2])]
WHOLE = np.array([3, 0, 4, 0, 5, 0, 1, 2])


def test_any_slice_is_that_of_the_streams_with_separators_between() -> None:
    stream = Joined(PARTS, separator=0)
    nested = Joined([PARTS[0], Joined(PARTS[1:], 0)], 0)
    assert len(stream) == len(nested) == len(WHOLE)
    for start in range(len(WHOLE) + 2):
        for stop in [*range(len(WHOLE) + 2), None]:
            expected = WHOLE[start:stop].tolist()
            assert stream[start:stop].tolist() == expected
            assert nested[start:stop].tolist() == expected


def test_separators_are_found_within_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined, "CHUNK", 3)
    for stream in (WHOLE, Joined(PARTS, 0)):
        assert np.concatenate([*separators(stream, 0)]).tolist() == [1, 3, 5]
        assert np.concatenate([*separators(stream, 0, 2, 5)]).tolist() == [3]


def test_counting_takes_no_memory_for_what_it_never_reads(tmp_path: Path) -> None:
    path, tokens = tmp_path / "train.safetensors", 8_000_000
    path.write_bytes(b"".join(streams.content([cycle(tokens)[1:].astype(np.int16)])))
    train = streams.load(path, V)
    tracemalloc.start()
    generation.count_from_one(Successor(1000), Joined([train, train], COMMA), COMMA)
    generation.count_run(Successor(1000), train, Joined([train, train], COMMA), COMMA)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3 * 2 * generation.COUNTED < 2 * tokens
