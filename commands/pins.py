"""Pin everything: resolve pyproject.toml in a new environment, write requirements.

The pins that can change the bytes of a result stand in a file of their own, which
every stage depends on; requirements.txt includes it and pins the rest.
Needs nothing but the standard library: python3 commands/pins.py
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

RESULTS = (
    "llvmlite", "matplotlib", "num2words", "numba", "numpy", "pandas", "safetensors",
    "torch",
)  # fmt: skip
HEADER = "# Made by `make pins` from pyproject.toml; do not edit.\n"


def main() -> None:
    """Install the newest of everything that pyproject.toml asks for, and freeze it."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder, "bin", "python")), "-m", "pip", "-q"]
        subprocess.run([*pip, "install", *wanted], check=True)
        frozen = subprocess.run(
            [*pip, "freeze"], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    write(frozen, Path.cwd())


def write(frozen: list[str], root: Path) -> None:
    """Write both files from the lines of `pip freeze`."""
    # a build's local version, as in torch 2.13.0+cpu, is the machine's own choice
    pins = [re.sub(r"\+.*", "", line) for line in frozen if "==" in line]
    by_name = {pin.partition("==")[0].lower(): pin for pin in pins}
    results = [by_name.pop(name) for name in RESULTS]
    (root / "requirements-results.txt").write_text("\n".join(results) + "\n")
    rest = [
        HEADER + "-r requirements-results.txt",
        *dict(sorted(by_name.items())).values(),
    ]
    (root / "requirements.txt").write_text("\n".join(rest) + "\n")


if __name__ == "__main__":
    main()
