"""What is typed becomes words that a network knows, or one clear line."""

from itertools import islice

import pytest

from counting.base.errors import InputError
from counting.speaking import truth
from counting.speaking.prompt import to_words
from counting.text.spelling import spell

KNOWN = ", one two three nine ten ninety hundred thousand seven twenty".split()
GOOD = {
    "97,": "ninety seven ,",
    "97": "ninety seven",
    "7, 9": "seven , nine",
    "7,9,10,": "seven , nine , ten ,",
    "ninety seven, ninety nine": "ninety seven , ninety nine",
    "Ninety-Seven": "ninety seven",
    "one hundred and two": "one hundred two",
    " 1000 , one": "one thousand , one",
    "one\ntwo\n": "one , two",
    "one,\ntwo,\n": "one , two ,",
    "one\r\n\r\ntwo": "one , two",
    "": ",",
    " \n ": ",",
    ",": ",",
}
BAD = {
    "ninne": "did you mean 'nine'",
    "8": "never read 'eight'",
    "0": "never read 'zero'",
    "9,097": "one number or several; write 9097, or '9, 097'",
    "097": "without a zero in front",
    "99999999": "up to 9999999",
    "1" * 400: "...",
    "-1": "does not know ''",
    "1.5": "does not know '1.5'",
    "\u0661": "does not know '\u0661'",
    "one; two": "does not know 'one;'",
    "\x1b[31m": "does not know '\\x1b[31m'",
}


@pytest.mark.parametrize("text", GOOD)
def test_digits_words_and_lines_become_words(text: str) -> None:
    assert " ".join(to_words(text, KNOWN, "en")) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_known_is_named(text: str) -> None:
    with pytest.raises(InputError) as error:
        to_words(text, KNOWN, "en")
    assert BAD[text] in str(error.value)


def test_digits_are_spelled_in_the_language_asked_for() -> None:
    assert to_words("97,", ["quatre", "vingt", "dix", "sept", ","], "fr") == (
        "quatre vingt dix sept ,".split()
    )
    with pytest.raises(InputError, match="not a language"):
        to_words("97,", KNOWN, "elvish")


@pytest.mark.parametrize("language", ["en", "fr", "de", "es"])
def test_a_spelled_number_is_found_again(language: str) -> None:
    for number in (
        1,
        16,
        60,
        97,
        100,
        999,
        1000,
        6016,
        9099,
        16_000,
        123_456,
        1_000_000,
    ):
        words = spell(number, language).split()
        assert truth.number_of(words, language) == number


@pytest.mark.parametrize("text", ["hundred hundred", "zero", "nine nine", "", "fish"])
def test_what_spells_no_number_is_none(text: str) -> None:
    assert truth.number_of(text.split(), "en") is None


AFTER = {
    "one , two ,": "three , four",
    "one , two": ", three ,",
    "nine thousand": ", nine thousand one",
    "nine thousand ninety eight , nine thousand": "ninety nine , nine thousand",
    "eight hundred ninety nine , nine hundred": ", nine hundred one",
    "fish , two": ", three ,",
}


@pytest.mark.parametrize("given", AFTER)
def test_the_truth_goes_on_from_the_last_number(given: str) -> None:
    expected = AFTER[given].split()
    found = truth.after(given.split(), "en")
    assert list(islice(found, len(expected))) == expected


@pytest.mark.parametrize("given", [",", "fish", "two , fish", "hundred hundred ,"])
def test_without_a_number_there_is_no_truth(given: str) -> None:
    with pytest.raises(InputError, match="cannot tell what comes after"):
        truth.after(given.split(), "en")
