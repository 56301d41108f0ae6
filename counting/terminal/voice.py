"""A network that goes on from a prompt, and how much of what it says is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from counting.speaking import prompt, truth, variants
from counting.speaking.speaker import Generated, Speaker
from counting.terminal.view import Cell, said
from counting.text.vocabulary import SEPARATOR

SHOWN = 4  # numbers of a prompt; of a longer one the last


class Voice:
    """A speaker that has read a prompt.

    Raises:
        InputError: the prompt cannot be read.
    """

    def __init__(self, speaker: Speaker, text: str) -> None:
        self.speaker = speaker
        self.known, self.language = speaker.tokens, variants.language(speaker.config)
        self.prompt = prompt.read(text, self.known, self.language)
        speaker.read(self.prompt.lead + self.prompt.words)
        self.last = self.prompt.last  # the last number that was read, or said if right
        self.right = 0  # numbers of those said last
        self.error: Generated | None = None
        following = truth.after(self.last, self.known, self.language)
        self.truth = following if self.last else None

    def heard(self) -> Iterator[tuple[str, Cell]]:
        """Give the last numbers it has read, each labelled as added or as typed."""
        for label, words in (("adds", self.prompt.lead), ("read", self.prompt.words)):
            numbers = [number for number in truth.split(words) if number]
            for number in numbers[-SHOWN:]:
                value = truth.number_of(number, self.language)
                yield label, Cell(value, Text(" ".join(number)))

    def tokens(self, steps: int | None, until_wrong: bool) -> Iterator[Generated]:
        """Say more tokens, judged up to the first error while the truth is known."""
        self.right, self.error = 0, None
        for token in self.speaker.go_on(steps, self.truth, until_wrong):
            if not token.is_right:
                self.error, self.truth = token, None
            elif token.expected == SEPARATOR and self.last:
                self.right, self.last = self.right + 1, self.last + 1
            yield token

    def numbers(self, tokens: Iterable[Generated]) -> Iterator[Cell]:
        """Put the words that are said together into numbers."""
        number: list[Generated] = []
        for token in tokens:
            number.append(token)
            if token.word == SEPARATOR:
                yield self.cell(number)
                number = []
        if number:
            yield self.cell(number)

    def cell(self, number: list[Generated]) -> Cell:
        """Put digits beside the words of a number."""
        words = [token.word for token in number if token.word != SEPARATOR]
        return Cell(truth.number_of(words, self.language), said(number))

    def verdict(self) -> str:
        """Say how much of what was said last is right."""
        if not self.last:
            return "not judged: what was read does not end with a number"
        right = f"{self.right:,} number{'' if self.right == 1 else 's'} right"
        if self.error:
            return (
                f"{right}, then an error in {self.last + 1:,}: {self.error.word!r} "
                f"where {self.error.expected!r} belongs"
            )
        if self.truth is None:
            return "not judged: it goes on from an error"
        if truth.spell_known(self.last + 1, self.known, self.language):
            return right
        end = f"{self.last:,} is the last number whose words it knows"
        return f"{right}; {end}" if self.right else end
