"""Kinds of error, on numbers that can be checked by eye."""

import numpy as np
import pytest

from counting.evaluation import mistakes

STREAM = (
    "eight thousand nine hundred ninety nine , nine thousand , nine thousand one ,"
    " nine thousand nine , nine thousand ten , nine thousand one hundred twenty"
).split()


def place(words: str, word: int) -> int:
    """Find the place of the word-th word of the number `words` in the stream."""
    target = [",", *words.split()]
    padded = [",", *STREAM, ","]
    for start in range(len(padded)):
        if padded[start : start + len(target) + 1] == [*target, ","]:
            return start + word
    raise AssertionError(words)


@pytest.mark.parametrize(
    ("before", "length"),
    [("nineteen", 1), ("twenty nine", 1), ("ninety nine", 2), ("nine", 1), ("ten", 0)],
)
def test_a_roll_over_is_counted_in_digits(before: str, length: int) -> None:
    words = f"one thousand {before} , one thousand".split()
    assert mistakes.roll_over(words, len(words) - 1) == length


@pytest.mark.parametrize(
    ("words", "word", "kind", "nines"),
    [
        ("nine thousand", 0, "thousands", 3),
        ("nine thousand", 1, "thousands", 3),
        ("nine thousand", 2, "comma", 3),
        ("nine thousand one", 2, "units", 0),
        ("nine thousand ten", 2, "tens", 1),
        ("nine thousand one hundred twenty", 2, "hundreds", 0),
        ("nine thousand one hundred twenty", 3, "hundreds", 0),
        ("nine thousand one hundred twenty", 4, "tens", 0),
    ],
)
def test_a_wrong_token_has_a_kind_and_the_length_of_its_roll_over(
    words: str, word: int, kind: str, nines: int
) -> None:
    at = place(words, word)
    assert mistakes.kind_of(STREAM, at) == kind
    assert mistakes.roll_over(STREAM, at) == nines


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        ("one hundred twenty three thousand four hundred five", "TTTTTHHU"),
        ("three thousand", "TT"),
        ("one million two hundred", "OOHH"),
        ("fourteen", "t"),
    ],
)
def test_a_place_is_that_of_the_number_s_structure(number: str, kinds: str) -> None:
    names = {"T": "thousands", "H": "hundreds", "t": "tens", "U": "units", "O": "other"}
    words = [*number.split(), ",", "one", "hundred", "thousand"]
    found = [mistakes.kind_of(words, place) for place in range(len(kinds))]
    assert found == [names[kind] for kind in kinds]


def test_a_word_of_another_language_is_of_the_kind_other() -> None:
    assert mistakes.kind_of(["sieben", ",", "acht"], 0) == "other"


def test_the_table_counts_every_seed_and_loses_no_error() -> None:
    places = [np.array([0, 1, 7]), np.array([7])]
    words = sorted(set(STREAM))
    stream = np.array([words.index(word) for word in STREAM])
    for place in range(len(STREAM)):
        rows = mistakes.tabulate(stream, words, [np.array([place])])
        kind, nines = mistakes.kind_of(STREAM, place), mistakes.roll_over(STREAM, place)
        assert [row for row in rows if row[2] == [1]] == [(kind, nines, [1])]
    rows = mistakes.tabulate(stream, words, places)
    assert len(rows) == len(mistakes.KINDS) * (mistakes.LONGEST + 1)
    assert [sum(counts[seed] for _, _, counts in rows) for seed in (0, 1)] == [3, 1]
    assert ("thousands", 3, [1, 1]) in rows


def test_what_was_said_for_what_is_counted_over_all_seeds() -> None:
    stream = np.array([0, 3, 4, 3])
    one = (np.array([1, 3]), np.array([4, 4]))
    two = (np.array([1, 2]), np.array([4, 0]))
    assert mistakes.confusion(stream, [one, two]) == [(3, 4, 3), (4, 0, 1)]
