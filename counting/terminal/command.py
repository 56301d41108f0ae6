"""Let a trained network count on from a prompt in digits or words.

Without a prompt, one is read from standard input; on a terminal, a session opens.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from counting.base.errors import InputError
from counting.running import cli
from counting.speaking import variants
from counting.terminal.talk import STEPS, Options, Talk
from counting.terminal.view import View

EXAMPLES = """\
examples:
  python -m counting "9097, 9098,"
  python -m counting "seven thousand nine hundred ninety-nine"
  python -m counting "7998, 7999," --variant gru --until-wrong
  python -m counting "9098," --steps 4 --top 3
  python -m counting "9098," --compare gru gru_copy     (or two seeds: gru:0 gru:1)
  head -3 data/raw/valid.txt | python -m counting --json
  python -m counting                                    (a session; type :help)
"""


def main() -> None:
    """Read the flags; count on from the prompt, or open a session."""
    options, words = read_flags(sys.argv[1:], Options())
    is_conversation = all(s and s.isatty() for s in (sys.stdin, sys.stdout))
    if is_conversation and not words:
        from counting.terminal.session import Session  # only a terminal needs it

        Session(options).run()
    else:
        Talk(options, " ".join(words) if words else read_input(), View()).go_on()


def read_flags(given: list[str], before: Options) -> tuple[Options, list[str]]:
    """Give the options, and the words of the prompt.

    Args:
        given: flags and words.
        before: the options that no flag changes.

    Raises:
        InputError: a flag is wrong.
    """
    parser = cli.Parser("counting", __doc__)
    parser.epilog = EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(**asdict(before))
    add = parser.add_argument
    natural, positive = cli.whole(0), cli.whole(1)
    add("prompt", nargs="*", help='such as "9097, 9098,"')
    variant = "which network; if not given, the best by its metrics"
    add("--variant", metavar="NAME", help=variant)
    seed = "which seed; if not given, the first"
    add("--seed", type=natural, metavar="N", help=seed)
    steps = f"say N tokens, then finish the number; if not given, {STEPS}"
    add("--steps", type=positive, metavar="N", help=steps)
    add("--until-wrong", action="store_true", help="go on to the first error")
    top = "show the N likeliest words for each token"
    add("--top", type=natural, metavar="N", help=top)
    compare = "two networks side by side, such as gru lstm or gru:0 gru:1"
    add("--compare", nargs=2, metavar=("A", "B"), help=compare)
    add("--json", action="store_true", help="print one line of JSON for each token")
    models = f"folder of trained networks; if not given, {variants.MODELS}"
    add("--models", type=Path, metavar="FOLDER", help=models)
    flags = vars(parser.parse_args(given))
    words = flags.pop("prompt")
    if flags["compare"]:
        if any(flag.partition("=")[0] == "--variant" for flag in given):
            raise InputError("--compare names both networks: leave out --variant")
        flags["compare"] = tuple(flags["compare"])
    return Options(**flags), words


def read_input() -> str:
    """Read the prompt from standard input; an empty one if it is a terminal or closed.

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
