"""What a network says by itself: the example of its card, and where it errs."""

from __future__ import annotations

from typing import NamedTuple

from counting.base import params
from counting.speaking import prompt, truth
from counting.speaking.speaker import Speaker
from counting.text.vocabulary import SEPARATOR

LEFT_ALONE = 20_000  # tokens that the network may say before we stop listening
SAID = 12  # words of the example


class Example(NamedTuple):
    """A prompt, what the network says after it, and where it errs, left alone."""

    typed: str
    words: list[str]
    said: str
    habit: str


def example(speaker: Speaker) -> Example:
    """Let the very network that is exported count on from its training numbers."""
    trained = speaker.config.trained_on
    if trained is None or trained.texts != params.NUMBERS:
        first = speaker.words[1]
        speaker.read([first])
        said = " ".join([t.word for t in speaker.go_on(SAID, None)][:SAID])
        habit = "How far it goes on rightly was not tried."
        return Example(first, [first], said, habit)
    language, last = trained.language, trained.numbers[1]
    numbers = range(max(1, last - prompt.LEAD_IN), last + 1)
    typed = "".join(f"{number}, " for number in numbers).strip()
    words = prompt.read(typed, speaker.tokens, language).words
    speaker.read(words)
    following = truth.after(last, speaker.tokens, language)
    tokens = [*speaker.go_on(LEFT_ALONE, following, until_wrong=True)]
    said = " ".join(token.word for token in tokens[:SAID])
    right = sum(token.expected == SEPARATOR for token in tokens if token.is_right)
    habit = f"Given `{typed}` and left alone, this seed counts {right:,} numbers right"
    if not tokens or tokens[-1].is_right:
        return Example(typed, words, said, f"{habit}, without an error so far.")
    end = tokens[-1]
    error = (
        f"in {last + right + 1:,} it says `{end.word}` where `{end.expected}` belongs"
    )
    return Example(typed, words, said, f"{habit}; {error}.")
