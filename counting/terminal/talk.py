"""A prompt in, a continuation out, in the way that somebody wants it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from counting.base.errors import InputError
from counting.speaking import prompt, truth, variants
from counting.speaking.speaker import Speaker, Step
from counting.terminal import views
from counting.terminal.screen import Screen

STEPS = 40  # tokens, some seven numbers


@dataclass(frozen=True)
class Wishes:
    """How somebody wants it; in a session every one can be changed."""

    models: Path = variants.MODELS
    variant: str | None = None  # None: the best one
    seed: int | None = None  # None: the first one
    steps: int | None = None  # None: STEPS, or no end where an error is the end
    top: int = 0
    until_wrong: bool = False
    compare: tuple[str, str] | None = None
    json: bool = False

    def speakers(self) -> list[Speaker]:
        """Load the network, or the two of them.

        Raises:
            InputError: one is missing or damaged.
        """
        if self.compare is None:
            return [Speaker(variants.choose(self.models, self.variant), self.seed)]
        return [self.speaker(name) for name in self.compare]

    def speaker(self, name: str) -> Speaker:
        """Load a network that is named gru, or gru:1 for its seed 1.

        Raises:
            InputError: it is missing or damaged, or the seed is not a number.
        """
        variant, colon, seed = name.partition(":")
        if colon and not (seed.isascii() and seed.isdigit()):
            raise InputError(
                f"{name!r}: expected a variant, or variant:seed such as {variant}:0"
            )
        folder = variants.choose(self.models, variant)
        return Speaker(folder, int(seed) if colon else self.seed)


class Talk:
    """Networks that have read the same prompt, and go on with it as often as asked.

    Args:
        wishes: which networks, and what to show.
        text: the prompt, digits or words; nothing for the very beginning.

    Raises:
        InputError: a network is missing or damaged, or a word is unknown.
    """

    def __init__(self, wishes: Wishes, text: str) -> None:
        self.wishes = wishes
        self.speakers = wishes.speakers()
        language = prompt.language()
        read = [prompt.to_words(text, s.tokens, language) for s in self.speakers]
        self.truth = truth.after(read[0], language) if wishes.until_wrong else None
        for speaker, words in zip(self.speakers, read, strict=True):
            speaker.read(words)

    def go_on(self, screen: Screen) -> None:
        """Show the next tokens."""
        wishes = self.wishes
        endless = self.truth is not None and wishes.steps is None
        steps = None if endless else wishes.steps or STEPS
        if wishes.compare is not None:
            self.go_on_with_two(screen, steps or STEPS)
            return
        (speaker,) = self.speakers
        said = self.watched(speaker.go_on(steps, self.truth))
        if wishes.json:
            views.show_json(speaker, said, wishes.top)
        elif wishes.top:
            views.show_likeliest(screen, speaker, said, wishes.top)
        else:
            views.show_words(screen, said)

    def watched(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Give steps; after an error nobody knows any more what should come."""
        for step in steps:
            yield step
            if not step.is_right:
                self.truth = None

    def go_on_with_two(self, screen: Screen, steps: int) -> None:
        """Show what both say next, each left alone."""
        one, two = self.speakers
        pairs = zip(one.go_on(steps, None), two.go_on(steps, None), strict=True)
        if not self.wishes.json:
            views.show_two(screen, (one.name, two.name), pairs)
            return
        for speaker, step in chain.from_iterable(
            zip(self.speakers, pair, strict=True) for pair in pairs
        ):
            views.show_json(speaker, [step], self.wishes.top)
