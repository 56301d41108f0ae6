"""What removed variants left among the results: moved out of the way, and named.

DVC can depend on whole folders, not on the files of the variants that params.yaml
lists, and it hashes all that is in a folder: once before a stage runs, to see whether
it must run, and again afterwards, for dvc.lock. So what belongs to no variant makes
the stage run; it is then moved out, is not drawn, and is not in the lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

ASIDE = Path(".leftovers")  # ignored by git and DVC


def told(folders: Iterable[Path], variants: Collection[str]) -> Iterator[str]:
    """Move what belongs to no variant into `ASIDE`, and give a line about each.

    A variant's result is a file or a folder of its name, with whatever ending. Hidden
    files stay. What was moved there earlier under the same name is replaced.
    """
    for path in sorted(path for folder in folders for path in folder.glob("*")):
        if path.name.startswith(".") or path.name.partition(".")[0] in variants:
            continue
        target = ASIDE / path
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        yield (
            f"{path} belongs to no variant of params.yaml: moved to {ASIDE}; "
            f"`rm -r {target}` removes it"
        )
