"""The example of a card: what the network says, and where it goes wrong."""

from __future__ import annotations

from typing import NamedTuple

from counting.base import params
from counting.speaking import prompt, truth
from counting.speaking.speaker import Speaker
from counting.text.vocabulary import SEPARATOR

MOST = 20_000  # tokens that the network says at the most
SAID = 12  # words of the example


class Example(NamedTuple):
    """A prompt, and how the network goes on from it."""

    typed: str  # the prompt, in digits
    words: list[str]  # the prompt, in words
    said: str  # the words that follow
    habit: str  # a sentence on how far it counts without an error


def example(speaker: Speaker) -> Example:
    """Let the exported network count on from the end of its training numbers."""
    trained = speaker.config.trained_on
    if trained is None or trained.texts != params.NUMBERS:
        first = speaker.words[1]
        speaker.read([first])
        said = " ".join([t.word for t in speaker.go_on(SAID, None)][:SAID])
        habit = "How far it goes on without an error was not tried."
        return Example(first, [first], said, habit)
    language, last = trained.language, trained.numbers[1]
    numbers = range(max(1, last - prompt.LEAD_IN), last + 1)
    typed = "".join(f"{number}, " for number in numbers).strip()
    words = prompt.read(typed, speaker.tokens, language).words
    speaker.read(words)
    following = truth.after(last, speaker.tokens, language)
    tokens = [*speaker.go_on(MOST, following, until_wrong=True)]
    said = " ".join(token.word for token in tokens[:SAID])
    right = sum(token.expected == SEPARATOR for token in tokens if token.is_right)
    habit = (
        f"Given `{typed}`, this seed counts on for {right:,} numbers without an error"
    )
    if not tokens or tokens[-1].is_right:
        return Example(typed, words, said, f"{habit}; it was tried no further.")
    end = tokens[-1]
    error = f"in {last + right + 1:,} it says `{end.word}` instead of `{end.expected}`"
    return Example(typed, words, said, f"{habit}; {error}.")
