"""A project small enough to run in seconds: the same code, dvc.yaml and keys.

The fault harness and the tests work on such a copy, never on the project itself.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
# each variant takes the settings of one in params.yaml: every recipe, both heads
TAKEN = {"rnn": "rnn", "gru": "gru_copy"}
VARIANTS = tuple(TAKEN)
CODE = ("counting", "stages", "studies")
FILES = (
    ".dvcignore", ".gitattributes", ".gitignore", "dvc.yaml", "pyproject.toml",
    "requirements-results.txt", "data/texts/numbers/README.md",
)  # fmt: skip
CAPS = {"epochs": 2, "steps": 14, "bptt": 10, "burn_in": 3}  # the most of each
IDENTITY = ("-c", "user.name=tiny", "-c", "user.email=tiny@localhost")


def shrink(content: dict[str, Any]) -> dict[str, Any]:
    """Make parameters tiny: two variants, two seeds, some dozen steps, 150 numbers."""
    recipes = {
        name: {
            key: min(v, CAPS[key]) if key in CAPS else v
            for key, v in one.items()
            if key != "recombine"  # so few numbers have nothing to recombine
        }
        for name, one in content["recipes"].items()
    }
    small = {"hidden_size": 8, "batch_size": 4}
    models = {name: content["models"][of] | small for name, of in TAKEN.items()}
    return content | {
        "spell": {
            "texts": "numbers",
            "language": "en",
            "train": [1, 110],
            "valid": [111, 150],
            "beyond": {"teens": [151, 170]},
        },
        "train": content["train"] | {"seeds": [0, 1], "save_every": 3},
        "evaluate": content["evaluate"]
        | {
            "window": 20,
            "prompt": 5,
            "steps": 4,
            "samples": 2,
            "stride": {"train": 2, "valid": 1, "teens": 1},
        },
        "recipes": recipes,
        "models": models,
    }


def copy(folder: Path) -> None:
    """Copy the project's code into `folder`, with tiny parameters and no results."""
    for name in CODE:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc" / name)
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(shrink(content), sort_keys=False)
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    """Make a git repository of `folder`, all that git does not ignore committed."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Tiny"]):
        subprocess.run(["git", *IDENTITY, *command], cwd=folder, check=True)
