"""Which trained network speaks: the one that was asked for, or the best there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counting.base import files, params
from counting.base.errors import InputError, suggest

MODELS = Path("data/models")
METRICS = Path("reports/metrics")  # beside the models, in the same project


def trained(models: Path) -> list[str]:
    """Name the variants that have a folder of weights.

    Raises:
        InputError: there are none; it says how to make them.
    """
    found = models.iterdir() if models.is_dir() else ()
    names = sorted(p.name for p in found if p.is_dir() and p.name[0] != ".")
    if not names:
        raise InputError(
            f"{models}: no trained network there; `make repro` trains all variants of "
            "params.yaml, `dvc repro train@NAME` one of them"
        )
    return names


def choose(models: Path, wanted: str | None = None) -> Path:
    """Give the folder of the variant that is wanted, or of the best one.

    Raises:
        InputError: it was not trained, or nothing was.
    """
    names = trained(models)
    if wanted is None:
        return models / best(names, models.parent.parent / METRICS)
    if wanted in names:
        return models / wanted
    if params.PATH.is_file() and wanted in params.load().models:
        raise InputError(
            f"{models / wanted}: not found, {wanted} is not trained yet; "
            f"`dvc repro train@{wanted}` trains it"
        )
    raise InputError(f"{wanted!r} is not a variant in {models}{suggest(wanted, names)}")


def best(names: list[str], metrics: Path) -> str:
    """Choose by the metrics: sequences right on valid, then how far it counts.

    Without any metrics it is the first name.
    """
    return max(names, key=lambda name: rank(metrics / f"{name}.json"))


def rank(path: Path) -> tuple[float, float]:
    """Give what a variant is chosen by; less than anything where it is not known."""
    if not path.is_file():
        return (-1.0, -1.0)
    content: Any = files.read_json(path, f"run `dvc repro evaluate@{path.stem}` again")
    try:
        found = (
            content["valid"]["sequence_accuracy"],
            content["count_further"]["median"],
        )
        return float(found[0]), float(found[1])
    except (KeyError, TypeError, ValueError):
        return (-1.0, -1.0)
