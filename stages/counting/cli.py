"""What every command line here does alike: one clear line instead of a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import NoReturn

BAD_INPUT = 2


class InputError(Exception):
    """Something the user gave is wrong; the text names it, and how to mend it."""


def run(name: str, main: Callable[[], None]) -> NoReturn:
    """Call `main` and exit: 0, 2 with one line for bad input, 130/143 if stopped.

    A terminal that cannot show a character gets an escape in its place.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except InputError as error:
        fail(name, str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        fail(name, in_words(error))
    sys.exit(0)


def fail(name: str, text: str) -> NoReturn:
    """Print one line on standard error and exit with the code for bad input."""
    print(f"{name}: error: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(BAD_INPUT)


def in_words(error: OSError) -> str:
    """Say what the operating system refused, on which file, and what to do."""
    where = error.filename or "a file"
    advice = {
        errno.ENOSPC: "the disk is full: free some space and run again",
        errno.EDQUOT: "the quota is used up: free some space and run again",
        errno.EROFS: "the file system is read-only: use a folder you can write to",
        errno.EACCES: "permission denied: make the folder and file writable",
        errno.EPERM: "not permitted: make the folder and file writable",
        errno.ENOENT: "not found: run the stage that makes it, with `dvc repro`",
        errno.EISDIR: "is a folder, expected a file",
        errno.ENOTDIR: "a file stands where a folder is needed: move it away",
    }
    reason = advice.get(error.errno or 0, os.strerror(error.errno or errno.EIO))
    return f"{where}: {reason}"
