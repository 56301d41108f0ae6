"""The look of all figures, and their SVG, which has the same bytes on every machine.

A file holds no date, version or name of a machine, and ignores the user's own settings
of matplotlib. Coordinates have one decimal. The background is white, so that a figure
can be read on a dark page as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# Okabe and Ito's colours, safe for the colour-blind
COLOURS = "#0072B2 #E69F00 #009E73 #D55E00 #CC79A7 #56B4E9 #000000 #8C8C00".split()
MARKERS = "osD^vPX*"
DASHES: Any = ["-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1))]  # round by round
INK = 0.7  # share of a colour's brightness in text, which is read on white
GREY = "#666666"
GAP = 0.062  # between the middles of two labels, as a share of the axis
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "counting",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "text.parse_math": False,  # a $ in a text is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E0E0E0",
    "legend.frameon": False,
}


class Look(NamedTuple):
    """How a variant is drawn; the first 32 all differ."""

    colour: str
    marker: str
    dash: Any

    @property
    def ink(self) -> str:
        """The colour of text about the variant, as #rrggbb."""
        red, green, blue = to_rgb(self.colour)
        return to_hex((INK * red, INK * green, INK * blue))


Looks = Mapping[str, Look]  # by variant


@contextmanager
def style() -> Iterator[None]:
    """Draw and save in the project's style, whatever matplotlibrc the user has."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Give each variant a colour, a marker and a dash."""
    n = len(COLOURS)
    return {
        name: Look(
            COLOURS[i % n], MARKERS[(i + i // n) % n], DASHES[i // n % len(DASHES)]
        )
        for i, name in enumerate(names)
    }


def svg(figure: Figure) -> str:
    """Give a figure as SVG: the same bytes each time, without a date."""
    buffer = StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r' (?:d|x|y)="[^"]*"', rounded, buffer.getvalue())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def rounded(path: re.Match[str]) -> str:
    """Cut the coordinates in a match to one decimal, a tenth of a point."""
    return re.sub(r"(\d\.\d)\d+", r"\1", path[0])


def label_ends(
    axis: Axes, ends: Mapping[str, tuple[float, float]], look: Looks
) -> None:
    """Write each variant's name beside the right end of its line, without overlaps.

    Args:
        axis: its limits are set already.
        ends: the point (x, y) where a line ends, by variant.
        look: of the variants.
    """
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    for x in sorted({x for x, _ in ends.values()}):
        names = sorted((n for n in ends if ends[n][0] == x), key=lambda n: ends[n][1])
        heights = [(ends[name][1] - low) / (high - low) for name in names]
        edge = (x - left) / (right - left)
        placed = dodge(heights, GAP)
        for name, height, at in zip(names, heights, placed, strict=True):
            axis.text(
                edge + 0.07, at, name, transform=axis.transAxes, va="center",
                fontsize=9, color=look[name].ink,
            )  # fmt: skip
            bracket = [(edge + 0.01, height), (edge + 0.035, at), (edge + 0.06, at)]
            axis.add_line(
                Line2D(
                    *zip(*bracket, strict=True), transform=axis.transAxes, lw=0.7,
                    color=look[name].colour, clip_on=False,
                )
            )  # fmt: skip


def dodge(heights: list[float], gap: float) -> list[float]:
    """Move ascending heights in [0, 1] until they are at least `gap` apart."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    above = 1.0 + gap
    for i in reversed(range(len(placed))):
        placed[i] = above = min(placed[i], above - gap)
    return placed
