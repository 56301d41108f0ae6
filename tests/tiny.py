"""A project small enough to run in seconds: the same code, dvc.yaml and keys.

The fault harness and the tests work on such a copy, never on the project itself; and
git in it sees nothing of the caller's: neither the repository of a hook that runs the
tests, nor a configuration with signing, hooks, templates or another cache of DVC.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CODE = ("counting", "stages", "studies")
FILES = (
    ".dvcignore", ".gitattributes", ".gitignore", "dvc.yaml", "pyproject.toml",
    "requirements-results.txt", "data/texts/numbers/README.md",
)  # fmt: skip
WHO = {"NAME": "tiny", "EMAIL": "tiny@localhost"}
OWN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TEMPLATE_DIR": "",
    "DVC_GLOBAL_CONFIG_DIR": str(ROOT / "no-such-folder"),
    **{
        f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in WHO.items()
    },
}

for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]
os.environ.update(OWN)

# both heads, both ways of drawing windows, and nothing that a user may have changed;
# so few numbers have nothing to recombine
PARAMS: dict[str, Any] = {
    "engine": "compiled",
    "device": "cpu",
    "spell": {
        "texts": "numbers",
        "language": "en",
        "train": [1, 110],
        "valid": [111, 150],
        "beyond": {"teens": [151, 170]},
    },
    "prepare": {"min_count": None},
    "train": {"seeds": [0, 1], "save_every": 3},
    "evaluate": {
        "window": 20,
        "prompt": 5,
        "steps": 4,
        "stride": {"train": 2, "valid": 1, "teens": 1},
        "samples": 2,
    },
    "plot": {"rolling": 4},
    "recipes": {
        "article": {"sampling": "rows", "epochs": 2, "bptt": 10, "optimizer": "adam"},
        "unseen": {
            "sampling": "windows",
            "steps": 14,
            "bptt": 10,
            "optimizer": "adamw",
            "warm_up": 0.1,
            "clip_norm": 1.0,
            "weight_decay": 0.05,
        },
    },
    "models": {
        "rnn": {
            "recurrence": "rnn",
            "activation": "tanh",
            "hidden_size": 8,
            "recipe": "article",
            "batch_size": 4,
            "learning_rate": 0.003,
        },
        "gru": {
            "recurrence": "gru",
            "hidden_size": 8,
            "copy_head": {"reach": 10, "sharpness": 4.0, "no_copy": 0.2},
            "recipe": "unseen",
            "batch_size": 4,
            "learning_rate": 0.02,
        },
    },
}
VARIANTS = tuple(PARAMS["models"])


def copy(folder: Path, *more: str) -> None:
    """Copy the project's code into `folder`, with tiny parameters and no results.

    Args:
        folder: that is there, and empty.
        more: folders beside those of the code.
    """
    for name in (*CODE, *more):
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc" / name)
    text = yaml.safe_dump(PARAMS, sort_keys=False)
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    """Make a git repository of `folder`, all that git does not ignore committed."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Tiny"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
