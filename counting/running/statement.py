"""What a run was made with, and whether it came to the committed dvc.lock.

`python -m counting.running.statement` writes it to .provenance.json, beside dvc.lock
and untracked, since it is about one machine. `diff` shows in what those of two machines
differ.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from counting.base import files
from counting.running import cli, results
from counting.running.repository import git

FILE = Path(".provenance.json")


def main() -> None:
    """Write the statement of this run."""
    cli.Parser("counting.running.statement", __doc__).parse_args()
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


if __name__ == "__main__":
    cli.run("statement", main)
