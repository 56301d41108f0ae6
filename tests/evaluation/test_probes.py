"""Probes against NumPy's own algebra, and on states whose content is known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from counting.base.types import Array
from counting.evaluation import digits, probes
from counting.text.spelling import spell
from counting.text.vocabulary import join

COMMA = 0


def text_of(last: int) -> Array:
    """Give the numbers 1 to `last` in words, as tokens."""
    words = join(tuple(spell(n, "en").split()) for n in range(1, last + 1))
    known = {",": COMMA}
    return np.array([known.setdefault(word, len(known)) for word in words], np.int16)


def test_elimination_solves_what_numpy_solves() -> None:
    rng = np.random.default_rng(0)
    half, B = rng.standard_normal((40, 9)), rng.standard_normal((9, 3))
    A = half.T @ half
    assert probes.solve(A, B) == pytest.approx(np.linalg.solve(A, B), rel=1e-9)


def test_a_probe_is_fisher_s_discriminant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "SHRINK", 1e-12)
    rng = np.random.default_rng(0)
    truth = rng.integers(2, 6, 300)
    states = rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5))
    states[:, 0] += truth
    probe = probes.fit(states, truth)
    means = np.stack([states[truth == k].mean(0) for k in range(2, 6)])
    centred = states - means[truth - 2]
    inverse = np.linalg.inv(centred.T @ centred / 300)
    away = states[:, None] - means  # (M, K, H)
    nearest = np.einsum("mkh,hi,mki->mk", away, inverse, away).argmin(1)
    assert probe.classes.tolist() == [2, 3, 4, 5]
    assert probe.read(states).tolist() == (nearest + 2).tolist()


def test_states_that_never_vary_are_no_error() -> None:
    probe = probes.fit(np.ones((6, 3)), np.array([1, 2] * 3))
    assert np.isfinite(probe.W).all()


def test_a_digit_is_read_with_the_first_word_that_settles_it() -> None:
    lines = digits.lines_of(text_of(8000), COMMA)
    values = digits.digits_of(1, len(lines))
    read = digits.words_to_read(lines, values)
    # four thousand three hundred twenty one ,
    assert values[4320].tolist() == [4, 3, 2, 1]
    assert read[4320].tolist() == [1, 3, 4, 5]
    # four thousand , and: four thousand five ,
    assert read[3999].tolist() == [1, 2, 2, 2]
    assert read[4004].tolist() == [1, 3, 3, 3]
    # three hundred twelve ,
    assert read[311].tolist() == [1, 1, 2, 2]


class Oracle:
    """A network whose state holds the last words, and nothing before them."""

    def __init__(self, span: int, V: int) -> None:
        self.span, self.V = span, V
        self.forward: Any = None

    def __call__(self, tokens: Array) -> None:
        h = np.concatenate(
            [np.zeros_like(self.states(tokens)[:1]), self.states(tokens)]
        )
        self.forward = SimpleNamespace(states=SimpleNamespace(h=h))

    def states(self, tokens: Array) -> Array:
        one_hot = np.eye(self.V, dtype=np.float32)[tokens]  # (T, B, V)
        none = np.zeros_like(one_hot[:1])
        before = [
            np.concatenate([none] * k + [one_hot])[: len(tokens)]
            for k in range(self.span)
        ]
        return np.concatenate(before, axis=2)


def test_what_a_network_holds_is_read_and_what_it_dropped_is_not() -> None:
    stream = text_of(8000)
    moments = digits.moments(stream, 1, COMMA)
    assert moments is not None
    one: Any = Oracle(span=2, V=int(stream.max()) + 1)
    memory = probes.remembered(one, moments)
    fading = {(place, words): share for place, words, share, _ in memory.fading}
    assert fading["thousands", 0] > 0.99, "four thousand: both words are in the state"
    assert fading["thousands", 5] < 0.3, "six words later they are not"
    assert fading["units", 1] > 0.99
    assert set(memory.probes) == set(digits.PLACES)


def test_moments_are_the_words_of_numbers_and_half_are_held_out() -> None:
    stream = text_of(110)
    moments = digits.moments(stream, 1, COMMA)
    assert moments is not None
    assert moments.held_out.sum() == 53
    tokens = moments.windows[moments.position, moments.number]
    assert (tokens[moments.comma] == COMMA).all()
    assert (moments.since[moments.comma] >= 0).all(), "at the comma all is read"


def test_a_text_without_enough_numbers_has_nothing_to_probe() -> None:
    assert digits.moments(text_of(5), 1, COMMA) is None
