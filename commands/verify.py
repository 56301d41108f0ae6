"""Reproduce the pipeline from nothing in a clean clone, and compare every byte.

The clone gets the last commit, an empty cache, and an environment that differs in what
must not matter: threads, hash seed, locale, time zone, home folder. Every output's md5
is compared with the committed dvc.lock, and every tracked file with git.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from counting.base import cli

DISTURBED = {
    "OMP_NUM_THREADS": "7",
    "MKL_NUM_THREADS": "3",
    "PYTHONHASHSEED": "4711",
    "LC_ALL": "C",
    "LANG": "C",
    "TZ": "Pacific/Kiritimati",
    "DVC_NO_ANALYTICS": "1",
}


def main() -> None:
    """Clone, reproduce, compare; exit 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="commands.verify", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1, help="variants at a time")
    args = parser.parse_args()
    root = git(Path.cwd(), "rev-parse", "--show-toplevel").strip()
    if changed := git(Path(root), "status", "--porcelain"):
        print(f"verify: not committed, so not verified:\n{changed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        clone = Path(folder) / "clone"
        git(Path(root), "clone", "--quiet", root, str(clone))
        expected = outputs(clone)
        remove_outputs(clone, expected)
        environment = {**os.environ, **DISTURBED, "HOME": folder}
        for command in (
            ["commands.repro", "--force", "--jobs", str(args.jobs)],
            ["commands.readme"],
        ):
            run = subprocess.run(
                [sys.executable, "-m", *command], cwd=clone, env=environment
            )
            if run.returncode:
                sys.exit(f"verify: {command[0]} failed with exit code {run.returncode}")
        found = outputs(clone)
        differing = git(clone, "status", "--porcelain").splitlines()
    equal = table(expected, found)
    for line in differing:
        print(f"verify: git sees a change: {line}")
    if not equal or differing:
        sys.exit("verify: FAILED: the outputs are not those of the commit")
    print(f"verify: all {len(expected)} outputs equal, to the byte; git sees no change")


def git(folder: Path, *words: str) -> str:
    """Run git and give its output."""
    run = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True
    )
    if run.returncode:
        raise cli.InputError(
            f"git {words[0]} failed: {run.stderr.strip()}; verify needs a git checkout"
        )
    return run.stdout


def outputs(root: Path) -> dict[str, str]:
    """Give the md5 of every output that a checkout's dvc.lock records."""
    lock: dict[str, Any] = yaml.safe_load((root / "dvc.lock").read_text())
    return {
        out["path"]: out["md5"]
        for stage in lock["stages"].values()
        for out in stage.get("outs", [])
    }


def remove_outputs(root: Path, paths: dict[str, str]) -> None:
    """Delete the outputs that git tracks, so that all must be made.

    The lock stays, since DVC keeps its order of stages; every stage is forced to run.
    """
    for path in paths:
        for file in sorted(root.glob(f"{path}/**/*")) or [root / path]:
            if file.is_file():
                file.unlink()


def table(expected: dict[str, str], found: dict[str, str]) -> bool:
    """Print one line an output; true if all md5 are equal."""
    width = max(map(len, expected))
    for path in sorted(expected | found):
        old, new = expected.get(path, "absent"), found.get(path, "absent")
        verdict = "equal" if old == new else f"DIFFERS: made again as {new}"
        print(f"{path:<{width}}  {old:<36}  {verdict}")
    return expected == found


if __name__ == "__main__":
    cli.run("verify", main)
