"""How far a training is: a bar on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import time

from counting.base.types import Array
from counting.running import cli

LOG_EVERY = 15  # seconds between two lines where there is no terminal


class Progress:
    """Shows how far a training is, with its loss and accuracy."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps = label, steps
        self.bar = cli.progress(label, steps, " steps")
        self.logged = time.monotonic()

    def __call__(self, step: int, curve: Array) -> None:
        """Show one step, counted from 0; curve (3,) is its loss and two accuracies."""
        if not self.bar.disable:
            self.bar.update(step + 1 - self.bar.n)
            self.bar.set_postfix_str(self.describe(curve), refresh=False)
        elif time.monotonic() - self.logged > LOG_EVERY:
            self.logged = time.monotonic()
            print(
                f"{self.label}: step {step + 1}/{self.steps}, {self.describe(curve)}",
                flush=True,
            )

    def finish(self, curves: Array) -> None:
        """Close the bar and leave one line of how the training ended."""
        self.bar.close()
        ending = self.describe(curves[-20:].mean(0))
        print(f"{self.label}: {self.steps} steps, at the end {ending}", flush=True)

    @staticmethod
    def describe(curve: Array) -> str:
        """Put a curve's point into words."""
        loss, last, all_tokens = curve.tolist()
        return f"loss {loss:.3f}, accuracy {all_tokens:.3f} (last token {last:.3f})"
