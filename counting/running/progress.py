"""How far a training is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from tqdm import tqdm

Array = np.ndarray[Any, Any]

LOG_EVERY = 15  # seconds between two lines where there is no terminal


class Progress:
    """Shows how far a training is, with its loss and accuracy."""

    def __init__(self, label: str, steps: int) -> None:
        self.label, self.steps = label, steps
        self.bar = tqdm(
            total=steps, desc=label, leave=False, disable=not sys.stderr.isatty()
        )
        self.said = time.monotonic()

    def __call__(self, step: int, curve: Array) -> None:
        """Show one step; curve holds loss and the two accuracies."""
        if not self.bar.disable:
            self.bar.update(step + 1 - self.bar.n)
            self.bar.set_postfix_str(self.describe(curve), refresh=False)
        elif time.monotonic() - self.said > LOG_EVERY:
            self.said = time.monotonic()
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
