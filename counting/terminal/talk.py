"""A prompt in, a continuation out, shown in the way that the user wants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from rich.text import Text

from counting.base.errors import InputError
from counting.speaking import variants
from counting.speaking.speaker import Generated, Speaker
from counting.terminal.view import FAINT, HEADING, WRONG, Cell, View, as_json
from counting.terminal.voice import Voice

STEPS = 40  # tokens, some seven numbers


@dataclass(frozen=True)
class Options:
    """What the user wants; in a session each of these can be changed."""

    models: Path = variants.MODELS
    variant: str | None = None  # None: the best one
    seed: int | None = None  # None: the first one
    steps: int | None = None  # None: STEPS; with until_wrong, without end
    top: int = 0  # likeliest words that are shown
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
        """Load a network by its name, such as gru, or gru:1 for seed 1.

        Raises:
            InputError: it is missing or damaged, or the seed is not a number.
        """
        variant, colon, seed = name.partition(":")
        if colon and not (seed.isascii() and seed.isdigit()):
            raise InputError(
                f"{name!r}: expected a variant, or variant:seed, such as {variant}:0"
            )
        folder = variants.choose(self.models, variant)
        return Speaker(folder, int(seed) if colon else self.seed)


class Talk:
    """Networks that have read the same prompt, and go on as often as asked.

    Args:
        options: which networks, and what to show.
        text: the prompt, in digits or words.
        view: where to show it; what was read is shown first.

    Raises:
        InputError: a network is missing or damaged, or the prompt cannot be read.
    """

    def __init__(self, options: Options, text: str, view: View) -> None:
        self.options, self.view = options, view
        self.voices = [Voice(speaker, text) for speaker in options.speakers()]
        first = self.voices[0]
        if options.until_wrong and first.truth is None:
            raise InputError(
                "no error can be found, since the prompt does not end with a number: "
                "end it with one, such as '7999,'"
            )
        remarks = [variants.differences(voice.speaker.config) for voice in self.voices]
        for remark in filter(None, [*remarks, *first.prompt.remarks]):
            if options.json:
                print(f"counting: {remark}", file=sys.stderr)
            else:
                view.line(remark, FAINT)
        for label, cell in () if options.json else first.heard():
            view.row(label, cell, style=FAINT)

    def go_on(self) -> None:
        """Show the next tokens, and how many of them are right."""
        if self.options.json:
            for voice in self.voices:
                for token in self.tokens(voice):
                    print(as_json(voice.speaker, token, self.options.top), flush=True)
            return
        is_wide = not self.view.is_narrow and not self.options.top
        if len(self.voices) > 1 and is_wide:
            self.show_beside()
        else:
            for voice in self.voices:
                self.show(voice)
        for voice in self.voices:
            style = WRONG if voice.error else FAINT
            self.view.line(f"{voice.speaker.name}: {voice.verdict()}", style)

    def tokens(self, voice: Voice) -> Iterator[Generated]:
        """Let a network say as many tokens as the user wants."""
        endless = self.options.until_wrong and voice.truth and not self.options.steps
        steps = None if endless else self.options.steps or STEPS
        return voice.tokens(steps, self.options.until_wrong)

    def show(self, voice: Voice) -> None:
        """Show what one network says."""
        if len(self.voices) > 1:
            self.view.line(voice.speaker.name, HEADING)
        if self.options.top:
            for token in self.tokens(voice):
                self.view.likeliest(voice.speaker, token, self.options.top)
        else:
            for cell in voice.numbers(self.tokens(voice)):
                self.view.row("says", cell)

    def show_beside(self) -> None:
        """Show what two networks say, side by side."""
        names = [Cell(None, Text(v.speaker.name, HEADING)) for v in self.voices]
        self.view.row("", *names)
        said = [voice.numbers(self.tokens(voice)) for voice in self.voices]
        for cells in zip_longest(*said, fillvalue=Cell(None, Text())):
            self.view.row("says", *cells)
