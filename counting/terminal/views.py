"""How a continuation is shown: running words, likeliest words, or JSON; or two of them.

Each view shows steps as they come, and ends with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from counting.base.files import DIGITS
from counting.speaking.speaker import Said, Speaker, Step
from counting.terminal.screen import Screen
from counting.text.vocabulary import SEPARATOR

WRONG, FAINT, HEADING = "bold red", "dim", "bold"
COLUMN = 12  # of a word, where two stand side by side
LISTED = 5  # likeliest words in JSON


def likeliest(speaker: Speaker, said: Said, most: int) -> dict[str, float]:
    """Give the likeliest words and their probabilities, the highest first."""
    order = (-said.probabilities).argsort(kind="stable")[:most]
    return {speaker.words[n]: float(said.probabilities[n]) for n in order}


def show_words(screen: Screen, steps: Iterable[Step]) -> None:
    """Show the words alone, a number a line."""
    last = None
    for last in steps:
        word = last.said.word
        screen.word(word if last.is_right else f"[{word}]", style_of(last))
        if word == SEPARATOR:
            screen.end_line()
    screen.end_line()
    if last is not None and last.expected is not None:
        screen.line(judge(last), style_of(last))


def style_of(step: Step) -> str:
    """Mark what is wrong."""
    return "" if step.is_right else WRONG


def judge(step: Step) -> str:
    """Say whether the last step was an error, and what was expected."""
    if step.is_right:
        return f"no error in {step.number:,} tokens"
    return (
        f"wrong at token {step.number:,}: said {step.said.word!r}, "
        f"expected {step.expected!r}"
    )


def show_likeliest(
    screen: Screen, speaker: Speaker, steps: Iterable[Step], most: int
) -> None:
    """Show a token a line, with the likeliest words at its place."""
    width, step = max(map(len, speaker.words)) + 1, None
    for step in steps:
        screen.write(f"{step.said.word:{width}}", style_of(step))
        found = likeliest(speaker, step.said, most).items()
        row = "  ".join(f"{name} {p:.4f}" for name, p in found)
        screen.write(f" {row}{describe_copying(step.said)}", FAINT)
        screen.end_line()
    if step is not None and step.expected is not None:
        screen.line(judge(step), style_of(step))


def describe_copying(said: Said) -> str:
    """Say how a copy head came to its word, if there is one."""
    if said.mixture is None:
        return ""
    own, copy, substitute = said.mixture
    text = f"  | own {own:.2f} copy {copy:.2f} substitute {substitute:.2f}"
    if said.copied:
        text += f"  | looks at {said.copied.word!r}, {said.copied.back} back"
    return text


def show_json(speaker: Speaker, steps: Iterable[Step], most: int) -> None:
    """Print a line of JSON a token."""
    for step in steps:
        print(json.dumps(as_json(speaker, step, most)), flush=True)


def as_json(speaker: Speaker, step: Step, most: int) -> dict[str, Any]:
    """Give all there is to know of a step."""
    said = step.said
    content: dict[str, Any] = {
        "step": step.number,
        "variant": speaker.config.variant,
        "seed": speaker.seed,
        "token": said.word,
        "probability": round(said.probability, DIGITS),
        "top": {
            word: round(p, DIGITS)
            for word, p in likeliest(speaker, said, most or LISTED).items()
        },
        "gates": None,
        "copied": None,
    }
    if said.mixture is not None:
        names = ("own", "copy", "substitute")
        shares = [round(float(share), DIGITS) for share in said.mixture]
        content["gates"] = dict(zip(names, shares, strict=True))
    if said.copied is not None:
        weight = round(said.copied.weight, DIGITS)
        content["copied"] = said.copied._asdict() | {"weight": weight}
    if step.expected is not None:
        content |= {"expected": step.expected, "right": step.is_right}
    return content


def show_two(
    screen: Screen, names: tuple[str, str], steps: Iterator[tuple[Step, Step]]
) -> None:
    """Show two continuations side by side, and where they part."""
    width, parted = max(COLUMN, *map(len, names)), False
    screen.line("  ".join(f"{name:{width + 8}}" for name in names).rstrip(), HEADING)
    for pair in steps:
        cells = [f"{s.said.word:{width}}  {s.said.probability:.4f}" for s in pair]
        here = not parted and pair[0].said.word != pair[1].said.word
        parted = parted or here
        mark = "  <- they part here" if here else ""
        screen.line("  ".join(cells) + mark, WRONG if here else "")
    if not parted:
        screen.line("they agree", FAINT)
