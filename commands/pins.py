"""Pin everything: resolve pyproject.toml in a new environment, write requirements.

The pins that can change a stage's bits stand in files of their own, which are deps of
just the stages they can change; requirements.txt includes them and pins the rest.
Needs nothing but the standard library: python3 commands/pins.py
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

GROUPS = {
    "words": ["num2words"],
    "arrays": ["numpy", "safetensors"],
    "compiled": ["llvmlite", "numba"],
    "torch": ["torch"],
    "figures": ["matplotlib", "numpy", "pandas"],
}
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
    """Write requirements.txt and requirements/*.txt from the lines of `pip freeze`."""
    # a build's local version, as in torch 2.13.0+cpu, is the machine's own choice
    pins = [re.sub(r"\+.*", "", line) for line in frozen if "==" in line]
    by_name = {pin.partition("==")[0].lower(): pin for pin in pins}
    (root / "requirements").mkdir(exist_ok=True)
    for group, names in GROUPS.items():
        lines = [by_name[name] for name in names]
        (root / "requirements" / f"{group}.txt").write_text("\n".join(lines) + "\n")
    grouped = {name for names in GROUPS.values() for name in names}
    rest = [pin for name, pin in sorted(by_name.items()) if name not in grouped]
    includes = [f"-r requirements/{group}.txt" for group in GROUPS]
    text = HEADER + "\n".join([*includes, *rest]) + "\n"
    (root / "requirements.txt").write_text(text)


if __name__ == "__main__":
    main()
