import pytest

from counting.base.errors import InputError
from counting.text import spelling
from counting.text.spelling import spell, spell_range


def spelled(language: str, first: int, last: int) -> None:
    """Spell a range, and compare each number with num2words."""
    lines = [line for part in spell_range(first, last, language) for line in part]
    assert lines == [spell(number, language) for number in range(first, last + 1)]


@pytest.mark.parametrize("language", ["en", "fr", "no", "pt", "de"])
def test_numbers_put_together_are_those_of_num2words(language: str) -> None:
    assert spelling.composed(2000, language)
    spelled(language, 998, 4003)
    spelled(language, 998_990, 1_002_010)


@pytest.mark.parametrize("language", ["ar", "hu", "ko"])
def test_where_a_language_does_not_compose_each_number_is_spelled(
    language: str,
) -> None:
    spelled(language, 9_990, 11_010)


def test_one_number_that_differs_has_its_thousand_spelled_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = {7001: "seven thousand and one"}
    monkeypatch.setattr(spelling, "spell", lambda n, lang: odd.get(n, spell(n, lang)))
    assert spelling.composed(7000, "en") is None
    assert spelling.composed(8000, "en") == "eight thousand"
    (lines,) = spell_range(7000, 7002, "en")
    assert lines == ["seven thousand", odd[7001], "seven thousand two"]


def test_a_number_that_num2words_cannot_spell_is_named() -> None:
    with pytest.raises(InputError, match=r"1101 cannot be spelled in 'am': .* fails"):
        spell(1101, "am")
    assert spelling.tails("am") == ()
