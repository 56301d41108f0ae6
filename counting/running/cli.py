"""What all commands share: flags, progress bars, and one clear line for an error."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

from tqdm import tqdm

from counting.base import errors
from counting.base.errors import InputError, abbreviate

Part = TypeVar("Part")

BAD_INPUT = 2
LONGEST = 19  # digits of a number given to a flag; a seed has as many at most
PARENT = os.getppid()  # if it is another one later, the process that started us died


class Parser(argparse.ArgumentParser):
    """A parser of whole flags; a wrong flag is an InputError, in one line."""

    def __init__(self, prog: str, description: str | None) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the flags, and where the right ones are listed."""
        raise InputError(f"{message}; `python -m {self.prog} --help` lists the flags")


def whole(least: int) -> Callable[[str], int]:
    """Give what reads a whole number given to a flag, for `type` of `add_argument`."""

    def read(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= LONGEST
        if digits and int(text) >= least:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{abbreviate(text)} is not allowed: expected a whole number, {least} or "
            "more"
        )

    return read


def run(name: str, main: Callable[[], None]) -> NoReturn:
    """Call `main` and exit: 0, or 2 with one line for bad input.

    Ctrl-C ends the process at once and without a traceback: files are complete or
    absent, so nothing has to be cleaned up. A character that the terminal cannot show
    is printed as an escape.
    """
    for name_of_stream in ("stdout", "stderr"):
        if getattr(sys, name_of_stream) is None:  # closed by the shell, as by `>&-`
            setattr(sys, name_of_stream, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        main()
        sys.stdout.flush()
    except InputError as error:
        fail(name, str(error))
    except BrokenPipeError:  # the reader of the output has ended, as `head` does
        discard_output()
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        if error.errno is None:  # a library's own, such as a timeout
            fail(name, f"{type(error).__name__}: {error}: run it again")
        fail(name, errors.describe(error))
    except MemoryError:
        fail(name, "out of memory: free some, or lower the sizes in params.yaml")
    sys.exit(0)


def fail(name: str, text: str) -> NoReturn:
    """Print one line on standard error and exit with the code for bad input."""
    print(f"{name}: error: {' '.join(text.split())}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()
    sys.exit(BAD_INPUT)


def discard_output() -> None:
    """Discard standard output, so that Python does not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def progress(label: str, total: int | None, unit: str) -> tqdm[Any]:
    """Make a progress bar that appears after a second, on a terminal only."""
    return tqdm(
        total=total, desc=label, unit=unit, unit_scale=True, delay=1, leave=False,
        disable=not sys.stderr.isatty(),
    )  # fmt: skip


def watched(
    parts: Iterable[Part],
    label: str,
    size: Callable[[Part], int],
    total: int | None = None,
) -> Iterator[Part]:
    """Give the parts again with a progress bar; their sizes add up to `total`."""
    with progress(label, total, "") as bar:
        for part in parts:
            yield part
            bar.update(size(part))
