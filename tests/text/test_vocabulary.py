from pathlib import Path

import pytest

from counting.base.errors import InputError
from counting.text import reading
from counting.text.reading import read_numbers
from counting.text.vocabulary import Vocabulary, join

NUMBERS = [["nine"], ["ninety", "nine"], ["one", "hundred"]]


def test_blank_lines_trailing_blanks_and_crlf_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"\xef\xbb\xbfnine  \r\n\r\n ninety nine\none hundred\r")
    assert list(read_numbers(path)) == [join(NUMBERS)]


def test_form_feed_and_unicodes_separators_are_blanks_and_no_line_ends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "train.txt"
    path.write_text("nine\f\n\u2028\nninety\x85nine\none\u2028hundred\n")
    assert list(read_numbers(path)) == [join(NUMBERS)]


def test_a_text_read_in_small_parts_has_the_same_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train.txt"
    path.write_text("\n\n".join(map(" ".join, NUMBERS * 5)), encoding="utf-8")
    monkeypatch.setattr(reading, "LINES", 2)
    assert len(list(read_numbers(path))) > 5
    vocabulary = Vocabulary.of(read_numbers(path))
    assert vocabulary == Vocabulary.of(NUMBERS)
    tokens = vocabulary.encode(read_numbers(path), path)
    assert tokens.tolist() == vocabulary.encode(NUMBERS * 5, path).tolist()


def test_words_are_numbered_by_first_appearance_after_the_separator(
    tmp_path: Path,
) -> None:
    vocabulary = Vocabulary.of(NUMBERS)
    assert vocabulary.words == (",", "nine", "ninety", "one", "hundred")
    tokens = vocabulary.encode(NUMBERS, tmp_path)
    assert tokens.tolist() == [1, 0, 2, 1, 0, 3, 4]
    assert vocabulary.decode(tokens.tolist()) == "nine , ninety nine , one hundred"


def test_a_vocabulary_saved_and_read_is_the_same(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of([["zwölf"], ["fünf"]])
    (tmp_path / "vocab.json").write_text(vocabulary.content(), encoding="utf-8")
    assert Vocabulary.load(tmp_path / "vocab.json") == vocabulary


def test_thousands_of_unseen_words_are_counted_and_the_first_named(
    tmp_path: Path,
) -> None:
    path = tmp_path / "valid.txt"
    path.write_text("\n".join(f"nine w{n} w{n}" for n in range(5000)))
    with pytest.raises(InputError, match=r"line 1: 5,000 words .*'w0', .*'w4', \.\.\."):
        Vocabulary.of(NUMBERS).encode(read_numbers(path), path)


def test_rare_and_unseen_words_are_read_as_unknown_if_asked_to(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(NUMBERS, min_count=2)
    assert vocabulary.words == (",", "<unk>", "nine")
    assert vocabulary.encode([["nine", "ninety"], ["ten"]], tmp_path).tolist() == [
        2, 1, 0, 1,
    ]  # fmt: skip
    assert (
        Vocabulary.of(NUMBERS, min_count=1).words[2:]
        == Vocabulary.of(NUMBERS).words[1:]
    )
