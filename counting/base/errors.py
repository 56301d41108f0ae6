"""Errors that a user can act on: the value, what was expected, and the fix."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable
from typing import Any

SHOWN = 60  # characters of a bad value that an error repeats
LISTED = 100  # known names that an error lists

ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "the quota is used up: free some space and run again",
    errno.EROFS: "the file system is read-only: use a folder you can write to",
    errno.EACCES: "permission denied: change who may use the folder and file",
    errno.EPERM: "not permitted: change who may use the folder and file",
    errno.ENOENT: "not found: run the stage that makes it, with `dvc repro`",
    errno.EISDIR: "is a folder, expected a file: move it away",
    errno.ENOTDIR: "there is a file where a folder is needed: move it away",
    errno.EEXIST: "there is a file where a folder is needed: move it away",
}


class InputError(Exception):
    """Something that a user gave is wrong; the message says what, and the fix."""


def abbreviate(value: Any) -> str:
    """Quote a bad value for an error, cut to `SHOWN` characters."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name nearest to a mistyped one, and list those there are."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    more = ", ..." if len(names) > LISTED else ""
    return f"{hint} (known: {', '.join(names[:LISTED])}{more})"


def describe(error: OSError) -> str:
    """Explain an error of the operating system: the file, what happened, what to do."""
    number = error.errno or errno.EIO
    advice = ADVICE.get(number, f"{os.strerror(number)}: mend that and run again")
    return f"{error.filename or 'the output'}: {advice}"
