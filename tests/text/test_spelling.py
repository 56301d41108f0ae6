from concurrent.futures import ThreadPoolExecutor

import pytest

from counting.base.errors import InputError
from counting.text import speller, spelling
from counting.text.speller import Speller
from counting.text.spelling import spell


def spelled(language: str, first: int, last: int, others: range = range(0)) -> Speller:
    """Spell a range and compare each number with num2words."""
    made = Speller.of(language, [(first, last), (others.start, others.stop)])
    lines = [line for lines in made.lines(first, last) for line in lines]
    assert lines == [spell(number, language) for number in range(first, last + 1)]
    return made


@pytest.mark.parametrize("language", ["en", "fr", "no", "pt", "de"])
def test_numbers_put_together_are_those_of_num2words(language: str) -> None:
    assert spelled(language, 998, 6003).tails
    assert spelled(language, 998_990, 1_002_010, range(20_000, 30_000)).tails


@pytest.mark.parametrize("language", ["ar", "hu", "ko"])
def test_where_a_language_does_not_compose_each_number_is_spelled(
    language: str,
) -> None:
    assert not spelled(language, 9_990, 10_010, range(1000, 30_000)).tails


def test_one_number_that_differs_makes_the_table_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = {7001: "seven thousand and one"}
    monkeypatch.setattr(speller, "spell", lambda n, lang: odd.get(n, spell(n, lang)))
    assert not Speller.of("en", [(1, 9000)]).tails
    assert Speller.of("en", [(8000, 20_000)]).tails


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("ends", [(1, 3000), (990, 12_345)])
def test_the_words_are_those_of_the_lines(language: str, ends: tuple[int, int]) -> None:
    made = Speller.of(language, [ends])
    lines = [line for lines in made.lines(*ends) for line in lines]
    assert {w for _, w in made.words(*ends)} == set(" ".join(lines).split())
    assert all(w in spell(n, language) for n, w in made.words(*ends))


def test_a_number_that_num2words_cannot_spell_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputError, match=r"1101 cannot be spelled in 'am': .* fails"):
        spell(1101, "am")
    monkeypatch.setattr(spelling, "PATIENCE", 0.05)
    with pytest.raises(InputError, match=r"2354257 .* 'am': .* does not end; narrow"):
        spell(2354257, "am")


def test_a_thread_may_spell_too() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(spell, 7, "en").result() == "seven"
