"""Go on counting from a prompt, digits or words, with a trained network.

Without a prompt it comes from standard input; on a terminal, a session opens.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from counting.base.errors import InputError, abbreviate
from counting.running import cli
from counting.speaking import variants
from counting.terminal.screen import Screen
from counting.terminal.talk import STEPS, Talk, Wishes

LONGEST = 19  # digits of a number that a flag takes; seeds have as many

EXAMPLES = """\
examples:
  python -m counting "9097, 9098,"
  python -m counting "seven thousand nine hundred ninety nine,"
  python -m counting "7998, 7999," --until-wrong
  python -m counting "9098," --steps 4 --top 3
  python -m counting "9098," --compare gru gru_copy     (or two seeds: gru:0 gru:1)
  head -3 data/raw/valid.txt | python -m counting --json
  python -m counting                                    (a session; :help in it)
"""


def main() -> None:
    """Read the flags; go on counting, or open a session."""
    wishes, words = read_flags()
    if not words and can_converse():
        from counting.terminal.session import Session  # only a terminal needs it

        Session(wishes).run()
        return
    text = " ".join(words) if words else read_input()
    screen = Screen()
    try:
        Talk(wishes, text).go_on(screen)
    except (SystemExit, KeyboardInterrupt):  # stopped; leave the terminal in order
        screen.end_line()
        raise


def read_flags() -> tuple[Wishes, list[str]]:
    """Give what is wanted, and the words of the prompt.

    Raises:
        InputError: a flag is wrong.
    """
    parser = cli.Parser("counting", __doc__)
    parser.epilog = EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("prompt", nargs="*", help='such as "9097, 9098,"')
    add("--variant", metavar="NAME", help="which network; the best one if not given")
    add("--seed", type=natural, metavar="N", help="which training of it")
    add(
        "--steps", type=positive, metavar="N",
        help=f"tokens to say; {STEPS} if not given",
    )  # fmt: skip
    add("--until-wrong", action="store_true", help="go on to the first error, mark it")
    add(
        "--top", type=positive, metavar="N", default=0,
        help="show the N likeliest words at each place",
    )  # fmt: skip
    add(
        "--compare", nargs=2, metavar=("A", "B"),
        help="two variants side by side, A and B or A:seed and B:seed",
    )  # fmt: skip
    add("--json", action="store_true", help="a line of JSON a token")
    add(
        "--models", type=Path, metavar="FOLDER", default=variants.MODELS,
        help=f"trained networks; {variants.MODELS} if not given",
    )  # fmt: skip
    flags = vars(parser.parse_args())
    words = flags.pop("prompt")
    if flags["compare"] and (flags["variant"] or flags["until_wrong"]):
        raise InputError(
            "--compare names two networks and lets both go on: it does not go with "
            "--variant or --until-wrong; leave one out"
        )
    flags["compare"] = tuple(flags["compare"]) if flags["compare"] else None
    return Wishes(**flags), words


def natural(text: str) -> int:
    """Read a whole number from 0 on."""
    return whole(text, 0)


def positive(text: str) -> int:
    """Read a whole number from 1 on."""
    return whole(text, 1)


def whole(text: str, least: int) -> int:
    """Read a whole number.

    Raises:
        ArgumentTypeError: it is not one, or less than `least`.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= LONGEST
    if digits and int(text) >= least:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{abbreviate(text)} is not allowed; expected a whole number from {least} on"
    )


def can_converse() -> bool:
    """Tell whether somebody sits at both ends."""
    return all(s is not None and s.isatty() for s in (sys.stdin, sys.stdout))


def read_input() -> str:
    """Read the prompt from standard input; nothing if that is a terminal, or closed.

    Raises:
        InputError: it is not UTF-8.
    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"standard input: byte {error.start} is not UTF-8 ({error.reason}); give "
            "numbers in digits or words"
        ) from None
