"""What a run was made with, and whether it came to the committed lock: a statement.

`python -m counting.running.statement` writes it to .provenance.json, beside dvc.lock
and untracked, since it tells of one machine; with two such files as arguments it says
in what they differ, and exits with 1 if outputs do.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from counting.base import files
from counting.base.errors import InputError
from counting.running import cli, results
from counting.running.repository import git

FILE = Path(".provenance.json")
AGAIN = "write it with `python -m counting.running.statement`"


def main() -> None:
    """Write the statement of this run, or compare two."""
    parser = cli.Parser("counting.running.statement", __doc__)
    parser.add_argument("files", nargs="*", type=Path, help="two statements to compare")
    args = parser.parse_args()
    if len(args.files) not in (0, 2):
        raise InputError(f"{len(args.files)} files given, expected none or two")
    if args.files:
        compare(*(files.read_json(path, AGAIN) for path in args.files))
        return
    content = statement()
    files.write_json(FILE, content)
    equal = [out["equals_lock"] for out in content["outputs"].values()]
    print(f"statement: {FILE}: {sum(equal)} of {len(equal)} outputs equal the lock")


def statement() -> dict[str, Any]:
    """Tell the commit, what this ran on, and the md5 of every output."""
    committed, made = (
        outputs(results.at(revision).lock) for revision in ("HEAD", None)
    )
    pins = Path("requirements-results.txt").read_text("utf-8").split()
    return {
        "commit": git("rev-parse", "HEAD").strip(),
        "changed": git("status", "--porcelain").splitlines(),
        "machine": {
            "processor": processor(),
            "architecture": platform.machine(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "libraries": {n: version(n) for n in (pin.partition("==")[0] for pin in pins)},
        "outputs": {
            path: {"md5": md5, "equals_lock": committed.get(path) == md5}
            for path, md5 in made.items()
        },
    }


def outputs(lock: dict[str, Any]) -> dict[str, str]:
    """Give the md5 of every output in a dvc.lock, by path."""
    stages: dict[str, Any] = lock.get("stages", {})
    return {o["path"]: o["md5"] for s in stages.values() for o in s.get("outs", [])}


def processor() -> str:
    """Name the processor, as far as the system does."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def compare(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Print in what two statements differ; exit with 1 if outputs do."""
    facts = [results.flat({k: v for k, v in s.items() if k != "outputs"})
             for s in (one, other)]  # fmt: skip
    for name in sorted(facts[0].keys() | facts[1].keys()):
        if facts[0].get(name) != facts[1].get(name):
            print(f"{name}: {facts[0].get(name)} | {facts[1].get(name)}")
    mine, theirs = one["outputs"], other["outputs"]
    paths = mine.keys() | theirs.keys()
    different = [
        path
        for path in sorted(paths)
        if mine.get(path, {}).get("md5") != theirs.get(path, {}).get("md5")
    ]
    for path in different:
        print(f"outputs differ: {path}")
    print(f"statement: {len(paths) - len(different)} of {len(paths)} outputs are equal")
    if different:
        sys.exit(1)


if __name__ == "__main__":
    cli.run("statement", main)
