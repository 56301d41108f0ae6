"""State what a run was made with, and whether its outputs are those of dvc.lock.

The statement is written to .provenance.json, untracked since it is about one machine.
`diff` shows how those of two machines differ.
"""

from __future__ import annotations

import platform
import re
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
    """Give the commit, the machine, the libraries, and the md5 of every output."""
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
    """Give the md5 of every output in a dvc.lock, by its path."""
    stages: dict[str, Any] = lock.get("stages", {})
    return {o["path"]: o["md5"] for s in stages.values() for o in s.get("outs", [])}


def processor() -> str:
    """Name the processor, by Linux's list of them where there is one."""
    path = Path("/proc/cpuinfo")
    listed = path.read_text("utf-8") if path.is_file() else ""
    named = re.search(r"^model name\s*: (.*)$", listed, re.MULTILINE)
    return named[1] if named else platform.processor()


if __name__ == "__main__":
    cli.run("statement", main)
