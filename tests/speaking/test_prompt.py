"""What people write becomes words that a network knows, or one clear line."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from counting.base.errors import InputError
from counting.speaking import truth
from counting.speaking.prompt import read
from counting.text.spelling import spell

CONTENT = json.loads((Path(__file__).parent / "inputs.json").read_text("utf-8"))
KNOWN = CONTENT["vocabulary"].split()


@pytest.mark.parametrize(
    "case", CONTENT["inputs"], ids=lambda case: ascii(case["input"])
)
def test_every_input_is_read_as_the_list_says(case: dict[str, Any]) -> None:
    if case["words"] is None:
        with pytest.raises(InputError) as error:
            read(case["input"], KNOWN, "en")
        assert str(error.value) == case["refusal"]
        return
    prompt = read(case["input"], KNOWN, "en")
    following = list(islice(truth.after(prompt.last, KNOWN, "en"), 8))
    assert {
        "lead": " ".join(prompt.lead),
        "words": " ".join(prompt.words),
        "next": " ".join(following),
        "remarks": prompt.remarks,
    } == {key: case[key] for key in ("lead", "words", "next", "remarks")}


def test_words_of_any_form_are_found_and_said_as_the_network_has_them() -> None:
    decomposed = "zwo\u0308lf"
    assert read("ZW\u00d6LF,", [",", decomposed], "de").words == [decomposed, ","]
    assert read("Once upon a", [",", "Once", "upon", "a"], "en").words == [
        "Once", "upon", "a",
    ]  # fmt: skip


def test_digits_are_spelled_in_the_language_asked_for() -> None:
    known = ["quatre", "vingt", "dix", "sept", ","]
    assert read("97,", known, "fr").words == "quatre vingt dix sept ,".split()
    with pytest.raises(InputError, match="'97' has words that it does not know"):
        read("97,", KNOWN, "fr")


def test_a_network_without_numbers_says_its_words() -> None:
    with pytest.raises(
        InputError, match=r"'fish' is not .*: the network reads .* upon"
    ):
        read("fish", [",", "once", "upon"], "en")


@pytest.mark.parametrize("language", ["en", "fr", "de", "es"])
def test_a_spelled_number_is_found_again(language: str) -> None:
    for number in (1, 16, 60, 97, 100, 999, 1000, 6016, 9099, 123_456, 1_000_000):
        words = spell(number, language).split()
        assert truth.number_of(words, language) == number


@pytest.mark.parametrize("text", ["hundred hundred", "zero", "nine nine", "", "fish"])
def test_what_spells_no_number_is_none(text: str) -> None:
    assert truth.number_of(text.split(), "en") is None


def test_the_truth_ends_before_the_first_number_with_an_unknown_word() -> None:
    assert truth.largest(KNOWN, "en") == 999_999
    assert truth.largest(KNOWN[:10], "en") == 9
    assert truth.largest([w for w in KNOWN if w != "thousand"], "en") == 999
    words = [spell(number, "de") for number in range(1, 1201)]  # one word each
    assert truth.largest(words, "de") == 1200
    assert " ".join(truth.after(7, KNOWN[:10], "en")) == "eight , nine ,"
    assert not list(truth.after(None, KNOWN, "en"))
