"""Pictures of the memory: projections checked by hand, the same bytes each time."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from counting.report import figures, memory

NUMBER = "one thousand two hundred thirty"
WORDS = f"{NUMBER} four , {NUMBER} five".split()


def states(seed: int = 0) -> memory.Array:
    return np.random.default_rng(seed).standard_normal((len(WORDS), 6)).astype("f4")


def test_a_projection_keeps_the_two_directions_that_differ_most() -> None:
    line = np.array([[0.0, 3, 0], [0, -3, 0], [0, 0, 1], [0, 0, -1]], np.float32)
    places, shares = memory.project(line)
    assert places.tolist() == [[3, 0], [-3, 0], [0, 1], [0, -1]]
    assert shares.tolist() == [0.9, 0.1]


def test_a_projection_of_one_unit_has_a_second_direction_without_variance() -> None:
    places, shares = memory.project(np.array([[1.0], [3.0]], np.float32))
    assert places.tolist() == [[-1, 0], [1, 0]]
    assert shares.tolist() == [1, 0]


def test_a_projection_does_not_mind_the_order_of_units() -> None:
    some = states()
    places, _ = memory.project(some)
    turned, _ = memory.project(some[:, ::-1])
    assert np.abs(places) == pytest.approx(np.abs(turned), abs=2e-3)


def test_words_are_grouped_by_their_place() -> None:
    everywhere, digits = memory.clouds_of(states(), WORDS)
    assert everywhere.groups[:7] == [
        "thousands", "“thousand”", "hundreds", "“hundred”", "tens", "units", "comma",
    ]  # fmt: skip
    assert digits.groups == ["four", "five"]


def test_a_text_of_other_words_has_no_digits_to_group() -> None:
    words = ["eins", ",", "zwei"]
    assert len(memory.clouds_of(states()[:3], words)) == 1


def test_lines_are_cut_with_those_before_them() -> None:
    tokens = np.array([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6])
    cut = memory.lines_of(tokens, 0.67, 2)
    assert cut.tolist() == [2, 0, 3, 0, 4, 0, 5, 0, 6, 0]
    assert memory.length_of(cut, 2) == 4


def test_a_text_of_one_line_is_cut_whole() -> None:
    cut = memory.lines_of(np.array([1, 2]), 0.9, 200)
    assert cut.tolist() == [1, 2, 0]
    assert memory.length_of(cut, 200) == 3


def test_the_pictures_have_the_same_bytes_each_time() -> None:
    def draw() -> list[str]:
        walk = memory.draw_walk(states(), WORDS)
        clouds = memory.draw_clouds(memory.clouds_of(states(), WORDS))
        return [figures.svg(walk), figures.svg(clouds)]

    with mpl.rc_context(figures.STYLE):
        assert draw() == draw()
