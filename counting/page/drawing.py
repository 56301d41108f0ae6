"""Lines and bars of the page's charts, as paths of SVG: numbers in, text out.

What is drawn is worked out here, how it looks stands in the page's style.css. All
coordinates have one digit after the point, so that the bytes stay the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from counting.page import story

COLOURS = 8  # of the palette in style.css; a ninth variant is dashed
ROUNDS = ("", " dashed", " dotted")
POINTS = 60  # of a training curve
RULE = 0.95  # right answers a step in the article's rule p^n


class Box(NamedTuple):
    """A plot area, and the numbers at its ends."""

    left: float
    top: float
    width: float
    height: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Give the path through points, cut off at the upper and lower end."""
        places = [f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points]
        return "M" + "L".join(places)

    def x(self, value: float) -> float:
        """Place a number along the horizontal axis."""
        low, high = self.x_ends
        return self.left + self.width * (value - low) / max(high - low, 1e-9)

    def y(self, value: float) -> float:
        """Place a number along the vertical axis."""
        low, high = self.y_ends
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.top + self.height * (1 - share)


def look(names: Iterable[str]) -> dict[str, str]:
    """Give each variant the classes that colour it."""
    return {
        name: f"c{i % COLOURS}{ROUNDS[i // COLOURS % len(ROUNDS)]}"
        for i, name in enumerate(names)
    }


# --- training curves -----------------------------------------------------------------

LOSS = Box(34, 8, 196, 62, (0, 1), (0, 4))
ACCURACY = Box(34, 84, 196, 62, (0, 1), (0, 1))


def curves(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Draw loss and accuracy of each variant, a line a seed, thinned to `POINTS`."""
    panels = []
    for name, table in tables.items():
        last = int(table["step"].max())
        panel: dict[str, Any] = {"name": name, "last": f"{last:,}"}
        for key, column, box in (
            ("loss", "loss", LOSS),
            ("accuracy", "last_token_accuracy", ACCURACY),
        ):
            area = box._replace(x_ends=(0, last))
            panel[key] = [
                area.path(thinned(rows["step"].tolist(), rows[column].tolist()))
                for _, rows in table.groupby("seed")
            ]
        panels.append(panel)
    return panels


def thinned(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    """Put the means of runs of points, at most `POINTS` of them, for the points."""
    size = -(-len(xs) // POINTS)
    starts = range(0, len(xs), size)
    return [(mean(xs[i : i + size]), mean(ys[i : i + size])) for i in starts]


def mean(values: Sequence[float]) -> float:
    """Give the mean of some numbers."""
    return sum(values) / len(values)


# --- sequences by step ---------------------------------------------------------------


def sequences(
    tables: Mapping[str, pd.DataFrame], streams: Sequence[str]
) -> list[dict[str, Any]]:
    """Draw the share of sequences still right after each step, a panel a stream."""
    last = max(int(table["steps"].max()) for table in tables.values())
    box = Box(40, 12, 380, 220, (1, last), (0, 1))
    rule = box.path((n, RULE**n) for n in range(1, last + 1))
    ticks = sorted({1, *range(5, last + 1, 5), last})
    return [
        {
            "stream": stream,
            "rule": rule,
            "x_ticks": [(f"{box.x(n):.1f}", n) for n in ticks],
            "lines": [
                (name, box.path(enumerate(by_step(table, stream), start=1)))
                for name, table in tables.items()
            ],
        }
        for stream in streams
    ]


def by_step(table: pd.DataFrame, stream: str) -> list[float]:
    """Give the share of sequences right through each step, in the mean of seeds."""
    rows = table[table["stream"] == stream]
    return [float(m) for m in rows.groupby("steps")["sequence_accuracy"].mean()]


def against_rule(
    tables: Mapping[str, pd.DataFrame], stream: str
) -> list[tuple[str, str, str, str]]:
    """Give for each variant p, the right first steps; p^n of the rule; what is."""
    rows = []
    for name, table in tables.items():
        shares = by_step(table, stream)
        p, measured = shares[0], shares[-1]
        rule = p ** len(shares)
        rows.append((name, f"{p:.4f}", story.percent(rule), story.percent(measured)))
    return rows


# --- errors by place -----------------------------------------------------------------


def errors(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Give for each variant the shares of the places where sequences first fail."""
    bars = []
    for name, table in tables.items():
        counts = story.by_kind(table)
        total = sum(counts.values())
        left, parts = 0.0, []
        for kind, count in counts.items():
            share = count / total if total else 0.0
            if share > 0:
                parts.append(
                    {
                        "kind": kind,
                        "left": f"{100 * left:.2f}",
                        "width": f"{100 * share:.2f}",
                        "text": story.percent(share),
                        "wide": share > 0.09,
                    }
                )
            left += share
        bars.append({"name": name, "total": f"{total:,.0f}", "parts": parts})
    return bars
