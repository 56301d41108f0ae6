from pathlib import Path

import pytest

from counting.base.cli import InputError
from counting.text.vocabulary import Vocabulary, join, read_numbers

NUMBERS = [["nine"], ["ninety", "nine"], ["one", "hundred"]]


def test_blank_lines_trailing_blanks_and_crlf_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"nine  \r\n\r\n ninety nine\none hundred")
    assert read_numbers(path) == NUMBERS


def test_the_separator_stands_between_numbers_only() -> None:
    assert join(NUMBERS) == ["nine", ",", "ninety", "nine", ",", "one", "hundred"]


def test_words_are_numbered_by_first_appearance_after_the_separator() -> None:
    words = Vocabulary.of(NUMBERS).words
    assert words == (",", "nine", "ninety", "one", "hundred")


def test_a_text_encoded_and_decoded_is_the_same_text(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(NUMBERS)
    tokens = vocabulary.encode(NUMBERS, tmp_path)
    assert tokens.tolist() == [1, 0, 2, 1, 0, 3, 4]
    assert vocabulary.decode(tokens.tolist()) == "nine , ninety nine , one hundred"


def test_a_vocabulary_saved_and_read_is_the_same(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of([["zwölf"], ["fünf"]])
    (tmp_path / "vocab.json").write_text(vocabulary.content(), encoding="utf-8")
    assert Vocabulary.load(tmp_path / "vocab.json") == vocabulary


def test_an_unknown_word_is_named_with_its_number_and_the_nearest_known(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match=r"number 2: the word 'nien'.*mean 'nine'"):
        Vocabulary.of(NUMBERS).encode([["nine"], ["nien"]], tmp_path)
