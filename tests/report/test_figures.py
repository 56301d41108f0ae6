"""Figures: the same bytes whatever matplotlibrc the user has; labels to be read."""

from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from counting.report import figures, lines, rows

LOOK = figures.looks(["gru", "lstm"])
CLAIMS: dict[str, dict[tuple[str, str], float]] = {
    "gru": {("train", "sequence_accuracy"): 0.8},
    "lstm": {},
}


def tables() -> dict[str, pd.DataFrame]:
    rows = [
        (stream, seed, step, 0.9**step)
        for stream in ("train", "valid")
        for seed in (0, 1)
        for step in range(1, 21)
    ]
    columns = ["stream", "seed", "steps", "sequence_accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    return {"gru": table, "lstm": table}


def a_memory(empty: bool = False) -> dict[str, pd.DataFrame]:
    places = ["thousands"] * 3 + ["units"] * 3
    columns: dict[str, Any] = {"seed": 0, "place": places, "words": [0, 1, 2] * 2}
    columns |= {"accuracy": [1.0, 0.5, 0.2] * 2, "chance": 0.1}
    table = pd.DataFrame(columns)
    return {"gru": table[:0] if empty else table, "lstm": table[:0]}


def draw() -> list[str]:
    with figures.style():
        drawn = [
            lines.draw_sequences(tables(), CLAIMS, LOOK),
            lines.draw_memory(a_memory()),
            rows.draw_counting(
                {name: pd.DataFrame({"from_one": [1, 9999]}) for name in LOOK},
                {"8: $x^$ ends": 8}, CLAIMS, LOOK,
            ),
        ]  # fmt: skip
        return [figures.svg(one) for one in drawn]


@pytest.mark.parametrize(
    "own",
    [
        {"axes.facecolor": "#eeeeee", "lines.linewidth": 9.0, "font.size": 4.0},
        {"text.usetex": True, "font.family": ["serif"]},
        {
            "svg.fonttype": "path",
            "savefig.bbox": "tight",
            "axes.formatter.use_locale": 1,
        },
    ],
)
def test_a_matplotlibrc_of_the_user_s_changes_no_byte(own: dict[str, Any]) -> None:
    usual = draw()
    with mpl.rc_context(own):  # type: ignore[arg-type]
        assert draw() == usual
        assert {**mpl.rcParams}.items() >= own.items()


def test_a_dollar_is_a_dollar() -> None:
    with figures.style():
        figure = Figure()
        figure.subplots().set(title="$5-$6", xlabel="$$", ylabel=r"\\frac$x$")
        text = figures.svg(figure)
    assert ">$5-$6<" in text
    assert ">$$<" in text


def test_a_memory_with_nothing_in_it_is_drawn_as_such() -> None:
    with figures.style():
        text = figures.svg(lines.draw_memory(a_memory(True)))
    assert text.count("nothing to probe") == 2


@pytest.mark.parametrize(
    ("heights", "placed"),
    [
        ([0.2, 0.8], [0.2, 0.8]),
        ([0.5, 0.5], [0.5, 0.6]),
        ([0.0, 0.95, 1.0], [0.0, 0.9, 1.0]),
        ([1.0, 1.0, 1.0], [0.8, 0.9, 1.0]),
    ],
)
def test_labels_are_moved_apart_and_stay_in_the_picture(
    heights: list[float], placed: list[float]
) -> None:
    assert figures.dodge(heights, 0.1) == pytest.approx(placed)
