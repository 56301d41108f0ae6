"""How a continuation looks: numbers in rows, digits beside words, errors marked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from counting.base import files
from counting.speaking.speaker import Generated, Said, Speaker
from counting.text.vocabulary import SEPARATOR

WRONG, FAINT, HEADING = "bold red", "dim", "bold"
LABEL, DIGITS = 4, 7  # columns of a label and of a number in digits
LISTED = 5  # likeliest words in JSON, if --top does not say how many
NARROW = 60  # below so many columns, two networks are shown one below the other


class Cell(NamedTuple):
    """A number in digits, None if the words spell none, and in words."""

    number: int | None
    words: Text


def said(tokens: Iterable[Generated]) -> Text:
    """Give the words of a number, with errors marked.

    The separator at its end is left out, unless it is an error or the only word.
    """
    words = [
        Text(token.word) if token.is_right else Text(f"[{token.word}]", WRONG)
        for token in tokens
    ]
    if len(words) > 1 and words[-1].plain == SEPARATOR:
        words.pop()
    return Text(" ").join(words)


class View:
    """Standard output: in colour on a terminal, else plain text."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, markup=False, emoji=False)
        self.is_narrow = self.console.width < NARROW
        self.label = ""  # of the row above

    def line(self, text: str, style: str = "") -> None:
        """Write a line, wrapped between words."""
        self.console.print(Text(text, style))
        self.label = ""

    def row(self, label: str, *cells: Cell, style: str = "") -> None:
        """Write numbers side by side, each wrapped in its part of the row.

        The label is left out where it is that of the row above.
        """
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=LABEL)
        half = (self.console.width - LABEL - 1) // 2 - DIGITS - 3
        for _ in cells:
            grid.add_column(width=DIGITS, justify="right")
            grid.add_column(width=half if len(cells) > 1 else None)
        texts = [(f"{n:,}" if n else "", words) for n, words in cells]
        new = "" if label == self.label else label
        grid.add_row(new, *(part for text in texts for part in text))
        self.console.print(grid, style=style)
        self.label = label

    def likeliest(self, speaker: Speaker, token: Generated, most: int) -> None:
        """Write a token, and beside it the words that were likeliest."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=max(map(len, speaker.words)) + 2)
        found = speaker.likeliest(token.said, most).items()
        row = "  ".join(f"{name} {p:.4f}" for name, p in found)
        word = token.word if token.is_right else f"[{token.word}]"
        grid.add_row(word, Text(f"{row}{copying(token.said)}", FAINT))
        self.console.print(grid)


def copying(said: Said) -> str:
    """Say how a copy head came to its word; an empty text if there is none."""
    if said.mixture is None:
        return ""
    own, copy, substitute = said.mixture
    text = f"\nown {own:.2f} copy {copy:.2f} substitute {substitute:.2f}"
    if said.copied:
        text += f", looks at {said.copied.word!r}, {said.copied.back} back"
    return text


def as_json(speaker: Speaker, token: Generated, most: int) -> str:
    """Give all that is known of a token as one line of JSON."""
    said = token.said
    content: dict[str, Any] = {
        "step": token.number,
        "variant": speaker.config.variant,
        "seed": speaker.seed,
        "token": said.word,
        "probability": said.probability,
        "top": speaker.likeliest(said, most or LISTED),
        "gates": None,
        "copied": None,
    }
    if said.mixture is not None:
        names = ("own", "copy", "substitute")
        content["gates"] = dict(zip(names, map(float, said.mixture), strict=True))
    if said.copied is not None:
        content["copied"] = said.copied._asdict()
    if token.expected is not None:
        content |= {"expected": token.expected, "right": token.is_right}
    return json.dumps(rounded(content))


def rounded(value: Any) -> Any:
    """Round every float in a JSON value to as many digits as tracked files have."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, files.DIGITS) if isinstance(value, float) else value
