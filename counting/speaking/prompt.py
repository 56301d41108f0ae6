"""What somebody types, digits or words, as the words that a network knows.

"9097, 9098," becomes nine thousand ninety seven , nine thousand ninety eight ,

The rules, which the page follows too (tests/speaking/inputs.json has cases for both):

1. The text is put into Unicode's form NFKC. Dots at its end are dropped.
2. One to three digits, followed by groups of a comma and exactly three digits, are one
   number: "9,097" is 9097, and a remark says so. Every other comma, every semicolon and
   every line end separates numbers. Empty numbers are dropped.
3. Two numbers in digits with only a blank between them are separated, with a remark.
4. A word that the network knows, as typed or in lower case, is read. Digits without a
   zero in front are spelled. Anything else with a digit is refused: -5, 1.5, 007, 3rd.
5. Any other word is split at its hyphens. In English "and" is dropped. A part of four
   letters or more that is near to exactly one known word is read as that word, with a
   remark; any other unknown part is refused, and the words near to it are suggested.
   Two words are near if they are the same but for one letter that is changed, added or
   left out, or for two neighbours that are swapped.
6. If the last number is one that can be spelled, and neither a comma nor a line end
   follows it, a comma is added, with a remark.
7. In front of a single number, the `LEAD_IN` numbers before it are read too. If there
   are not as many, a count begins with it, and it is read alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import pairwise, takewhile
from typing import NamedTuple

from counting.base.errors import InputError, abbreviate
from counting.speaking.truth import LARGEST, largest, number_of, spell_known
from counting.text.vocabulary import SEPARATOR, UNKNOWN, join

LEAD_IN = 2  # numbers read before a single one, without which some networks go wrong
CORRECTED = 4  # letters of a word that is corrected; shorter ones are near to too many
SHOWN = 12  # words that a refusal lists

DOTS = re.compile(r"[\s.]*\.\s*$")
THOUSANDS = re.compile("(?<![0-9])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")  # 9,097
HYPHENS = re.compile("[-\u2010\u2013]")


class Prompt(NamedTuple):
    """The words that a network is to read."""

    lead: list[str]  # of the numbers before a single one
    words: list[str]  # of what was typed
    last: int | None  # the last number, if it can be spelled and has ended
    remarks: list[str]  # on how the text was understood, for whoever typed it


def read(text: str, known: Collection[str], language: str) -> Prompt:
    """Turn a text into words that a network knows.

    Args:
        text: numbers in digits or words, such as "9097, nine thousand ninety-eight".
        known: the vocabulary.
        language: in which digits are spelled, by num2words' name for it.

    Raises:
        InputError: something cannot be read; it says what can be.
    """
    reader = _Reader(known, language)
    parts = [part.split() for part in reader.cut(text)]
    numbers = [words for part in parts for words in reader.numbers(part) if words]
    if not numbers:
        raise reader.refusal("there is no number")
    words = join(numbers)
    last = number_of(numbers[-1], language)
    if last and parts[-1]:
        reader.remarks.append("a comma is added at the end")
    if last or not parts[-1]:
        words.append(SEPARATOR)
    lead = lead_in(last, known, language) if last and len(numbers) == 1 else []
    return Prompt(lead, words, last, reader.remarks)


def lead_in(number: int, known: Collection[str], language: str) -> list[str]:
    """Give the words of the `LEAD_IN` numbers before one, each with a separator."""
    before = range(number - LEAD_IN, number) if number > LEAD_IN else ()
    numbers = [spell_known(n, known, language) for n in before]
    return [word for words in numbers if words for word in [*words, SEPARATOR]]


class _Reader:
    """The rules, and the remarks on how they were applied."""

    def __init__(self, known: Collection[str], language: str) -> None:
        words = [word for word in known if word not in (SEPARATOR, UNKNOWN)]
        self.known = {unicodedata.normalize("NFKC", word): word for word in words}
        self.language = language
        self.remarks: list[str] = []

    def cut(self, text: str) -> list[str]:
        """Cut a text where numbers end (rules 1 and 2)."""
        text = DOTS.sub("", unicodedata.normalize("NFKC", text))
        if found := THOUSANDS.search(text):
            one = found.group()
            two = one.replace(",", ", ")
            self.remarks.append(f"{one} is read as one number: write {two} for several")
        text = THOUSANDS.sub(lambda number: number.group().replace(",", ""), text)
        return re.split(f"[{SEPARATOR};\n]", text)

    def numbers(self, part: list[str]) -> Iterator[list[str]]:
        """Give the words of each number of a part (rule 3)."""
        number: list[str] = []
        for before, typed in pairwise(["", *part]):
            if _is_digits(before) and _is_digits(typed):
                self.remarks.append(f"a comma is read between {before} and {typed}")
                yield number
                number = []
            number += self.words(typed)
        yield number

    def words(self, typed: str) -> list[str]:
        """Turn what was typed between two blanks into known words (rules 4 and 5).

        Raises:
            InputError: it cannot be read.
        """
        for word in (typed, typed.lower()):
            if word in self.known:
                return [self.known[word]]
        if _is_digits(typed) and typed[0] != "0":
            return self.spelled(typed)
        parts = HYPHENS.split(typed.lower())
        if re.search("[0-9]", typed) or not all(parts):
            raise self.refusal(f"{abbreviate(typed)} cannot be read")
        if self.language.startswith("en") and "and" not in self.known:
            parts = [part for part in parts if part != "and"]
        return [self.known.get(part) or self.corrected(part) for part in parts]

    def spelled(self, digits: str) -> list[str]:
        """Spell digits.

        Raises:
            InputError: the number is too large, or has a word that is not known.
        """
        number = int(digits) if len(digits) <= len(str(LARGEST)) else LARGEST + 1
        words = spell_known(number, self.known.values(), self.language)
        if not words:
            raise self.refusal(f"{abbreviate(digits)} has words that it does not know")
        return words

    def corrected(self, word: str) -> str:
        """Give the known word that a mistyped one is near to.

        Raises:
            InputError: there is none or several, or the word is too short to tell.
        """
        close = [self.known[other] for other in self.known if _are_near(word, other)]
        if len(close) == 1 and len(word) >= CORRECTED and word.isalpha():
            self.remarks.append(f"{word!r} is read as {close[0]!r}")
            return close[0]
        hint = f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
        raise self.refusal(f"{abbreviate(word)} is not a word it knows{hint}")

    def refusal(self, reason: str) -> InputError:
        """Say what was read so far, what is wrong, and what can be read."""
        reason = "; ".join([*self.remarks, reason])
        if most := largest(self.known.values(), self.language):
            return InputError(
                f"{reason}: the network reads numbers from 1 to {most:,}, in digits or "
                "words"
            )
        words = " ".join(list(self.known.values())[:SHOWN])
        return InputError(f"{reason}: the network reads the words {words} ...")


def _is_digits(typed: str) -> bool:
    return typed.isascii() and typed.isdigit()


def _are_near(one: str, other: str) -> bool:
    """Tell whether two words differ by one letter, or by two neighbours swapped."""
    for _ in range(2):  # drop what both begin with, then what both end with
        pairs = zip(one, other, strict=False)
        same = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
        one, other = one[same:][::-1], other[same:][::-1]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])
