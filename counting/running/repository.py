"""Git, asked about the repository that a folder is in, and about no other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from counting.base.errors import InputError


def git(*words: str, folder: Path = Path()) -> str:
    """Run git in a folder and give its output.

    A hook leaves GIT_DIR, GIT_INDEX_FILE and others to all that it starts; whoever
    follows them writes into the hook's repository. So they are forgotten, for DVC too.

    Raises:
        InputError: git is missing, or refuses; with what it says.
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
