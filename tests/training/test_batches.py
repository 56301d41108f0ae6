"""Which windows a step reads, on streams that can be checked by hand."""

from typing import Any

import numpy as np
import pytest

from counting.base.errors import InputError
from counting.training import batches, lines
from tests.variants import recipe


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


# tokens of the lines "1 2", "3", "4 5 6", "7", "8", with the separator 0 between them
LINES = np.array([1, 2, 0, 3, 0, 4, 5, 6, 0, 7, 0, 8])


def windows(T: int = 4, **more: Any) -> batches.Windows:
    return batches.Windows(LINES, recipe(bptt=T, **more), batch_size=8, V=9)


def test_a_target_can_be_known_once_a_whole_line_was_read() -> None:
    rows = np.array([[1, 2, 0, 3, 0], [2, 0, 3, 0, 4], [5, 6, 0, 7, 0]])
    found = lines.known(rows, np.array([True, False, False]))
    assert found.astype(int).tolist() == [[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_a_window_can_be_moved_to_where_the_next_line_begins() -> None:
    found = windows()
    moved = found.next_line(np.array([0, 1, 3, 4, 7]))
    assert moved.tolist() == [3, 3, 5, 5, 7]  # after 7 there is no room for a window
    assert lines.begins_line(LINES, np.array([0, 1, 3, 5, 7])).tolist() == [
        True, False, True, True, False,
    ]  # fmt: skip


def test_every_kind_of_transition_between_lines_is_as_likely_to_be_met() -> None:
    starts, chances = lines.rare_transitions(LINES, 4)
    # kinds (alike, lengths): (0, 2, 1), (0, 1, 3), (0, 3, 1) once and (0, 1, 1) once,
    # met where the second line begins, at 3, 5, 9 and 11, within a start and 4 more
    assert starts.tolist() == [0, 3, 5]
    met = [[3], [5], [9]]
    np.testing.assert_allclose(
        np.diff(chances, prepend=0), np.array([len(m) for m in met]) / 3
    )


def test_a_common_transition_weighs_as_much_as_a_rare_one() -> None:
    # twenty lines of one word, then one of two words: two kinds, 20 transitions and one
    text = np.array([1, 0] * 20 + [1, 0, 2, 3, 0, 4, 0, 4, 0, 4])
    starts, chances = lines.rare_transitions(text, 2)
    weights = dict(zip(starts.tolist(), np.diff(chances, prepend=0), strict=True))
    assert weights[40] == pytest.approx(22 * weights[0])


def test_lines_longer_than_a_window_are_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match="no window of bptt = 3 holds a whole line"):
        lines.rare_transitions(np.array([1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 6, 7]), 3)


def test_half_of_the_windows_begin_a_line_and_each_is_a_stretch_of_the_text() -> None:
    found = windows()
    rows, read, known = found.draw(0, np.random.default_rng(0))
    assert rows.shape == (8, 5)
    assert read.tolist() == rows[:, :-1].tolist()
    assert known.shape == (8, 4)
    stretches = batches.windows_of(LINES, 4).tolist()
    assert all(row in stretches for row in rows.tolist())
    starts = found.starts(400, np.random.default_rng(1))
    assert lines.begins_line(LINES, starts).sum() > 200


def test_windows_with_rare_transitions_are_never_misread() -> None:
    rows, read, _ = windows(misread=1.0).draw(0, np.random.default_rng(0))
    as_they_stand = (read == rows[:, :-1]).all(1)
    assert as_they_stand[:2].all()  # a quarter of eight
    assert not as_they_stand[2:].all()


def test_a_misread_word_is_the_same_other_throughout_its_window() -> None:
    tokens = np.tile([1, 2, 1, 3], (2000, 1))
    found = batches.misread(tokens, 4, 0.2, np.random.default_rng(0))
    assert (found[:, 0] == found[:, 2]).all()
    assert (found != tokens)[:, :2].mean() == pytest.approx(0.2 * 3 / 4, abs=0.02)
    assert np.unique(found[:, 1]).tolist() == [0, 1, 2, 3]
    assert batches.misread(tokens, 4, 0.0, np.random.default_rng(0)) is tokens


def test_what_cannot_be_recombined_is_read_as_without_recombination() -> None:
    alone, both = (
        windows(misread=0.5, recombine=share).draw(0, np.random.default_rng(0))
        for share in (0.0, 0.75)
    )
    assert [part.tolist() for part in both] == [part.tolist() for part in alone]
    assert (both.read != both.rows[:, :-1]).any()
