"""Ask git about the repository that a folder is in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from counting.base.errors import InputError


def git(*words: str, folder: Path = Path()) -> str:
    """Run git in a folder and give its output.

    A git hook sets GIT_DIR, GIT_INDEX_FILE and others for all that it starts, and a
    command that obeys them writes into the hook's repository. So this process forgets
    them, and DVC does, too.

    Raises:
        InputError: git is missing, or fails; with its message.
    """
    for name in run("rev-parse", "--local-env-vars").split():
        os.environ.pop(name, None)
    return run("-C", str(folder), *words)


def run(*words: str) -> str:
    """Run git with the environment as it is."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True)
    except FileNotFoundError:
        raise InputError("git: not found, but it is needed here: install it") from None
    if done.returncode:
        raise InputError(f"git: {done.stderr.strip()}")
    return done.stdout
