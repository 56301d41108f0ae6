"""Move the results of removed variants out of the way.

Stages depend on whole folders, since dvc.yaml cannot list the files of the variants
that params.yaml names. DVC hashes all of a folder: before a stage runs, to see whether
it must run, and again afterwards, for dvc.lock. So a file that belongs to no variant
makes the stage run, which moves it out, and it gets neither drawn nor into the lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

ASIDE = Path(".leftovers")  # ignored by git and DVC


def told(folders: Iterable[Path], variants: Collection[str]) -> Iterator[str]:
    """Move what belongs to no variant into `ASIDE`, and give a line about each.

    Each result of a variant is a file or folder named after it, with any extension.
    Hidden files stay. A folder moved earlier under the same name is replaced.
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
