from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from counting.text import streams


@pytest.mark.parametrize("count", [1, 7, 99, 100, 4321])
def test_the_bytes_are_those_of_safetensors(count: int) -> None:
    tokens = np.arange(count, dtype=np.int16)
    parts = [tokens[:3], tokens[3:50], tokens[50:]]
    assert b"".join(streams.content(parts)) == save({"tokens": tokens})


def test_a_stream_is_mapped_and_changes_of_it_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "train.safetensors"
    tokens = np.array([3, 1, 4, 1, 5], dtype=np.int16)
    path.write_bytes(save({"tokens": tokens}))
    mapped = streams.load(path, 6)
    assert mapped.dtype == np.int16
    assert mapped.tolist() == tokens.tolist()
    assert isinstance(mapped.base, np.memmap)
    mapped[0] = 0
    assert streams.load(path, 6).tolist() == tokens.tolist()


def test_what_is_let_go_of_a_mapped_stream_is_read_again_from_its_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "train.safetensors"
    tokens = np.array([3, 1, 4, 1, 5], dtype=np.int16)
    path.write_bytes(save({"tokens": tokens}))
    mapped, loose = streams.load(path, 6), tokens.copy()
    for stream in (mapped, loose):
        stream[0] = 0
        streams.release(stream[1:])
    assert mapped.tolist() == tokens.tolist(), "the change has gone, so its page had"
    assert loose[0] == 0, "what is not mapped is left alone"
