"""Where words appear as they are said: in colour on a terminal, else plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class Screen:
    """Standard output, flushed at each word."""

    def __init__(self) -> None:
        self.console = colour_console() if has_colours() else None
        self.at_line_start = True

    def write(self, text: str, style: str = "") -> None:
        """Write a text, whose style only a terminal shows."""
        if self.console is None:
            print(text, end="", flush=True)
        else:
            self.console.print(
                text, style=style, end="", markup=False, highlight=False, soft_wrap=True
            )
        self.at_line_start = text.endswith("\n") if text else self.at_line_start

    def word(self, text: str, style: str = "") -> None:
        """Write a word after those that stand on the line."""
        if not self.at_line_start:
            self.write(" ")
        self.write(text, style)

    def line(self, text: str, style: str = "") -> None:
        """Write a line of its own."""
        self.end_line()
        self.write(text, style)
        self.write("\n")

    def end_line(self) -> None:
        """Go to the start of a line, if that is not where we are."""
        if not self.at_line_start:
            self.write("\n")


def has_colours() -> bool:
    """Tell whether colours are seen and wanted (no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()


def colour_console() -> Console:
    """Give what colours text; loaded only where there is a terminal."""
    from rich.console import Console

    return Console()
