"""Recombined windows, on numbers that can be read."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from counting.base.types import Array
from counting.running import resume
from counting.text.spelling import spell
from counting.text.vocabulary import Vocabulary
from counting.training import fillers as filling
from counting.training import loop, places, recombination
from counting.training.batches import Windows, windows_of
from counting.training.lines import begins_line, known, rare_transitions
from counting.training.recombination import NONE, Recombination
from tests.variants import model, recipe

T = 40
TEXT = [spell(number, "en").split() for number in range(1, 4000)]
VOCABULARY = Vocabulary.of(TEXT)
STREAM = VOCABULARY.encode(TEXT, Path("numbers")).astype(np.int64)
COMMA = VOCABULARY.tokens[","]


@pytest.fixture(scope="module")
def table() -> Recombination:
    found = recombination.build(STREAM, T, rare_transitions(STREAM, T))
    assert found is not None
    return found


def words(tokens: Array) -> str:
    return VOCABULARY.decode([int(t) for t in tokens if t != NONE])


def fillers(table: Recombination, place: str) -> set[tuple[str, str]]:
    """What may be put in a place such as "three four thousand"."""
    rows = [words(row) for row in table.places]
    k = rows.index(place)
    some = table.fillers[table.first[k] : table.first[k + 1]]
    return {(words(f), words(g)) for f, g in some}


def test_what_follows_a_word_elsewhere_is_put_for_what_follows_it_here(
    table: Recombination,
) -> None:
    found = fillers(table, "one two thousand")
    assert ("eight", "nine") in found
    assert ("nineteen", "twenty") in found
    assert ("twenty nine", "thirty") in found
    assert ("eight hundred ninety nine", "nine hundred") in found
    assert ("two", "three") not in found  # they have stood before thousand
    assert ("nine", "eight") not in found
    assert ("ninety nine", "one") not in found  # for hundred stood in between, too


def test_all_that_is_put_is_a_number_and_the_next_one() -> None:
    text = [spell(number, "en").split() for number in range(1, 8001)]  # of the pipeline
    stream = VOCABULARY.encode(text, Path("numbers")).astype(np.int64)
    table = recombination.build(stream, 56, rare_transitions(stream, 56))
    assert table is not None
    numbers = {" ".join(line): n for n, line in enumerate(text, start=1)}
    for row, (a, a2, _) in enumerate(table.places):
        for f, g in table.fillers[table.first[row] : table.first[row + 1]]:
            assert numbers[words(g)] - numbers[words(f)] == (a != a2)


def test_each_word_is_as_likely_to_be_new_in_what_is_put(table: Recombination) -> None:
    row = [words(place) for place in table.places].index("two three thousand")
    some = slice(table.first[row], table.first[row + 1])
    by_kind: dict[tuple[int, int, frozenset[str]], float] = {}
    for pair, weight in zip(
        table.fillers[some], np.diff(table.weights)[some], strict=True
    ):
        f, g = (words(part).split() for part in pair)
        kind = len(f), len(g), frozenset(g) - frozenset(f)
        by_kind[kind] = by_kind.get(kind, 0.0) + weight
    assert (2, 2, frozenset({"one", "hundred"})) in by_kind  # ninety nine before it
    np.testing.assert_allclose(list(by_kind.values()), 1.0, rtol=1e-9)


def test_a_word_alone_is_put_for_a_word_alone(table: Recombination) -> None:
    found = fillers(table, "two two thousand")
    assert ("nine", "nine") in found
    assert all(f == g for f, g in found)


def test_what_stands_before_an_open_word_never_comes_back(table: Recombination) -> None:
    opened = filling.open_words(STREAM)
    assert words(opened) == "thousand"  # before hundred, one comes back after nine
    assert {words(c) for _, _, c in table.places[:, :, None]} == {"thousand"}


@pytest.mark.parametrize("T", [4, 7, 10])
def test_places_are_those_of_a_search_window_by_window(T: int) -> None:
    # the lines "1 9", "1 9", "2 9", "2 9", "3 9", "3 9", "1 9"
    stream = np.array([x for a in (1, 1, 2, 2, 3, 3, 1) for x in (a, 9, 0)])
    starts = np.arange(len(stream) - T)
    needed = np.where(starts % 3 == 0, 1, 2)
    expected: dict[tuple[int, int, int], list[int]] = {}
    for start in starts.tolist():
        at = [p for p in range(start, start + T) if stream[p + 1] == 9]
        words = stream[at].tolist()
        changes = sum(a != b for a, b in pairwise(words))
        read = stream[start : at[0]].tolist().count(0) if at else 0
        if len(at) > 1 and changes <= 1 and read < needed[start]:
            expected.setdefault((words[0], words[-1], 9), []).append(start)
    found = places.places_of(stream, starts, needed, T, np.array([9]))
    assert {place: where.tolist() for place, where in found.items()} == expected
    assert expected


def test_where_no_word_is_open_nothing_is_replaced() -> None:
    text = [spell(number, "en").split() for number in range(500, 24_000, 7)]
    stream = VOCABULARY.encode(text, Path("numbers")).astype(np.int64)
    assert not len(filling.open_words(stream))
    assert recombination.build(stream, T, rare_transitions(stream, T)) is None
    asked = recipe(bptt=T, recombine=0.5)
    found = Windows(stream, asked, 8, len(VOCABULARY))
    assert found.table is None
    rows, *_ = found.draw(0, np.random.default_rng(0))
    known = {row.tobytes() for row in windows_of(stream, T)}
    assert all(row.tobytes() in known for row in rows)


@pytest.mark.parametrize("cut", [0, 5])
def test_a_word_that_every_line_has_is_left_alone(cut: int) -> None:
    text = [spell(number, "en").split() for number in range(9999, 1999, -1)]
    down = VOCABULARY.encode(text, Path("numbers"))
    down = down[: len(down) - cut]  # the last line: two, or one without "thousand"
    assert not len(filling.open_words(down))
    lines = [*text, ["nine"], ["two"]]  # and now one lacks it, whole
    lacking = VOCABULARY.encode(lines, Path("numbers"))
    assert words(filling.open_words(lacking)) == "thousand"


def test_a_filler_is_as_long_as_the_longest_line_without_an_open_word() -> None:
    assert filling.longest_filler(STREAM, filling.open_words(STREAM)) == 4


def test_windows_are_rewritten_word_by_word_and_else_as_they_stand(
    table: Recombination,
) -> None:
    draw = np.random.default_rng(0)
    which = recombination.drawn(table.chances, draw.random(300))
    some = recombination.recombined(table, which, draw.random(300), T)
    assert some.shape == (300, T + 1)
    for window, row in zip(some, which, strict=True):
        place = table.place[row]
        a, a2, c = table.places[place]
        start = table.starts[row]
        options = table.fillers[table.first[place] : table.first[place + 1]]
        assert any(
            np.array_equal(window, by_hand(start, (a, a2, c), option))
            for option in options
        )


def by_hand(start: int, place: tuple[int, int, int], option: Array) -> Array:
    """Put f for a and g for a2 before c, on lists."""
    (a, a2, c), out = place, []
    for here in range(start, min(start + T + 1, len(STREAM))):
        follows = STREAM[here + 1] if here + 1 < len(STREAM) else NONE
        word = STREAM[here]
        if follows == c and word in (a, a2):
            out += [t for t in option[0 if word == a else 1] if t != NONE]
        else:
            out.append(word)
    return np.array(out[: T + 1])


def test_a_filler_is_read_before_there_is_loss(table: Recombination) -> None:
    thousand = VOCABULARY.tokens["thousand"]
    for start in table.starts.tolist():
        window = STREAM[start : start + T + 1].tolist()
        before = window[: window.index(thousand, 1) - 1]
        whole = 1 if start == 0 or STREAM[start - 1] == COMMA else 2
        assert before.count(COMMA) < whole


def test_the_last_draw_is_a_window_too(table: Recombination) -> None:
    last = np.nextafter(1.0, 0.0)
    which = recombination.drawn(table.chances, np.array([0.0, last]))
    assert which[1] == len(table.starts) - 1
    assert recombination.recombined(table, which, np.array([0.0, last]), T).min() >= 0


def test_each_word_that_is_new_in_a_window_is_as_likely(table: Recombination) -> None:
    chances = np.diff(table.chances, prepend=0.0)
    assert table.chances[-1] == pytest.approx(1, rel=1e-9)
    assert chances.min() > 0
    by_hand: dict[tuple[int, bool], list[int]] = {}
    for row, start in enumerate(table.starts):
        a, a2, _ = table.places[table.place[row]]
        window = STREAM[start : start + T + 1].tolist()
        lines = 1 if start == 0 or STREAM[start - 1] == COMMA else 2
        commas = [t for t, word in enumerate(window[:-1]) if word == COMMA]
        first = commas[lines - 1] + 1 if len(commas) >= lines else len(window)
        without_loss, judged = window[:first], window[first:]
        for word in {*judged} - {*without_loss}:
            by_hand.setdefault((word, bool(a == a2)), []).append(row)
    expected = np.full(len(chances), 1 / len(chances))
    for rows in by_hand.values():
        expected[rows] += 1 / len(rows)
    np.testing.assert_allclose(chances, expected / expected.sum(), rtol=1e-6)


def test_a_batch_has_the_shares_of_the_recipe() -> None:
    asked = recipe(bptt=T, recombine=0.5, misread=0.5)
    windows = Windows(STREAM, asked, 64, len(VOCABULARY))
    batch, read, scored = windows.draw(0, np.random.default_rng(0))
    assert scored.shape == read.shape == (64, T)
    assert (read == batch[:, :-1]).all()  # misread only where nothing is recombined
    assert batch.shape == (64, T + 1)
    starts = {row.tobytes(): n for n, row in enumerate(windows_of(STREAM, T))}
    unknown = sum(row.tobytes() not in starts for row in batch)
    assert 24 <= unknown <= 32  # what is put at a window's end may not change it
    own = np.array([starts[row.tobytes()] for row in batch[32:]])
    begins = begins_line(STREAM, own)
    assert 8 < begins.sum() < 32
    assert np.array_equal(scored[32:], known(batch[32:], begins))


def test_a_training_that_recombines_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    config = model("gru", "copy", hidden_size=8, batch_size=8)
    asked = recipe(steps=6, bptt=T, recombine=0.5)
    windows = Windows(STREAM, asked, 8, len(VOCABULARY))
    train = partial(loop.train, config, windows, seed=0)
    whole, _ = train()

    def die(step: int, _: Array) -> None:
        if step == 4:
            raise KeyboardInterrupt

    stop = resume.StopRequest()
    keeper = resume.Keeper(tmp_path / "state", "key", 2, stop)
    with pytest.raises(KeyboardInterrupt):
        train(keeper=keeper, progress=die)
    again, _ = train(keeper=keeper)
    assert all(np.array_equal(whole[name], again[name]) for name in whole)
