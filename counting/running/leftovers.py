"""What variants that are gone left among the results: set aside, and named.

DVC cannot depend on the files of the variants that params.yaml lists, only on whole
folders, and it hashes all that is in them. It does so once before a stage runs, to see
whether it must, and again afterwards, for dvc.lock. So what belongs to no variant makes
the stage run; it is moved out of the folders, is not drawn, and is not in the lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

ASIDE = Path(".leftovers")  # ignored by git and DVC


def set_aside(folders: Iterable[Path], variants: Collection[str]) -> list[Path]:
    """Move what belongs to no variant from folders of results into `ASIDE`.

    A variant's result is a file or a folder of its name, with whatever ending. Hidden
    files are let be. What an earlier call set aside under the same name is replaced.

    Returns:
        Where each stood, in order.
    """
    moved = []
    for path in sorted(path for folder in folders for path in folder.glob("*")):
        if path.name.startswith(".") or path.name.partition(".")[0] in variants:
            continue
        target = ASIDE / path
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        moved.append(path)
    return moved


def told(folders: Iterable[Path], variants: Collection[str]) -> list[str]:
    """Set aside what belongs to no variant, and give a line for each."""
    return [
        f"{path} belongs to no variant of params.yaml: moved to {ASIDE}; "
        f"`rm -r {ASIDE / path}` removes it"
        for path in set_aside(folders, variants)
    ]
