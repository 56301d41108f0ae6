"""Which windows a step reads, on streams that can be checked by hand."""

import numpy as np
import pytest

from counting.base.errors import InputError
from counting.training import batches


def test_windows_are_every_stretch_of_bptt_tokens_and_the_next() -> None:
    found = batches.windows_of(np.arange(6), 3)
    assert found.tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]


def test_rows_are_contiguous_and_steps_walk_along_them() -> None:
    # 21 tokens, 2 rows of 10 inputs, bptt 4: two steps an epoch
    assert batches.steps_per_epoch(21, 2, 4) == 2
    starts = [batches.row_starts(step, 21, 2, 4).tolist() for step in range(3)]
    assert starts == [[0, 10], [4, 14], [0, 10]]


def test_an_epoch_of_the_article_reads_no_token_twice() -> None:
    stream, B, T = np.arange(50), 3, 5
    windows = batches.windows_of(stream, T)
    steps = batches.steps_per_epoch(len(stream), B, T)
    read = np.concatenate(
        [windows[batches.row_starts(k, 50, B, T)][:, :-1] for k in range(steps)]
    )
    assert len(np.unique(read)) == read.size == steps * B * T


def test_a_stream_shorter_than_a_window_or_a_batch_is_refused() -> None:
    with pytest.raises(InputError, match=r"5 tokens, expected at least 6.*lower bptt"):
        batches.windows_of(np.arange(5), 5)
    with pytest.raises(InputError, match=r"20 tokens, expected at least 21"):
        batches.steps_per_epoch(20, 2, 10)
