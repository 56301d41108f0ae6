"""What every command line here does alike: one clear line instead of a traceback."""

from __future__ import annotations

import argparse
import difflib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, NoReturn

BAD_INPUT = 2
PARENT = os.getppid()  # when another is found later, whoever started us has died
SHOWN = 60  # characters of a bad value that an error repeats

LISTED = 100  # known names that an error lists


class InputError(Exception):
    """Something the user gave is wrong; the text names it, and how to mend it."""


class Parser(argparse.ArgumentParser):
    """Named flags, never shortened; a wrong one is an InputError, in one line."""

    def __init__(self, prog: str, description: str | None) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the flags, and where the right ones stand."""
        raise InputError(f"{message}; `python -m {self.prog} --help` lists the flags")


def run(name: str, main: Callable[[], None]) -> NoReturn:
    """Call `main` and exit: 0, 2 with one line for bad input, 130/143 if stopped.

    A terminal that cannot show a character gets an escape in its place.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and & leave it
            signal.signal(number, leave)
    try:
        main()
        sys.stdout.flush()
    except InputError as error:
        fail(name, str(error))
    except BrokenPipeError:  # whoever read the output has gone, as `head` does
        discard_output()
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        fail(name, in_words(error))
    except MemoryError:
        fail(name, "out of memory: lower batch_size or hidden_size in params.yaml")
    sys.exit(0)


def leave(number: int, frame: FrameType | None) -> None:
    """Exit with the conventional 128 + signal, without a traceback.

    An import must not be left by an exception, which a library may take for its own
    failure and report. Nothing is half done there: the process just ends.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            os._exit(128 + number)
        frame = frame.f_back
    raise SystemExit(128 + number)


def fail(name: str, text: str) -> NoReturn:
    """Print one line on standard error and exit with the code for bad input."""
    print(f"{name}: error: {' '.join(text.split())}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()
    sys.exit(BAD_INPUT)


def discard_output() -> None:
    """Point standard output nowhere, so that Python does not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shown(value: Any) -> str:
    """Repeat a bad value in an error: quoted, and not too much of it."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name nearest to a mistyped one, and list the others."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    more = ", ..." if len(names) > LISTED else ""
    return f"{hint} (known: {', '.join(names[:LISTED])}{more})"


def in_words(error: OSError) -> str:
    """Say what the operating system refused, on which file, and what to do."""
    where = error.filename or "the output"
    advice = {
        errno.ENOSPC: "the disk is full: free some space and run again",
        errno.EDQUOT: "the quota is used up: free some space and run again",
        errno.EROFS: "the file system is read-only: use a folder you can write to",
        errno.EACCES: "permission denied: make the folder and file yours to use",
        errno.EPERM: "not permitted: make the folder and file yours to use",
        errno.ENOENT: "not found: run the stage that makes it, with `dvc repro`",
        errno.EISDIR: "is a folder, expected a file: move it away",
        errno.ENOTDIR: "a file stands where a folder is needed: move it away",
        errno.EEXIST: "a file stands where a folder is needed: move it away",
    }
    reason = advice.get(error.errno or 0)
    if reason is None:
        reason = f"{os.strerror(error.errno or errno.EIO)}: mend that and run again"
    return f"{where}: {reason}"
