"""Which trained network speaks: the one that is asked for, or the best."""

from __future__ import annotations

from pathlib import Path

from counting.base import params
from counting.base.checkpoint import Config
from counting.base.errors import InputError, suggest
from counting.evaluation import metrics

MODELS = Path("data/models")
METRICS = Path("reports/metrics")  # beside the models, in the same project


def trained(models: Path) -> list[str]:
    """Name the variants that have a folder of weights.

    Raises:
        InputError: there are none.
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
        InputError: it is not trained, or none is.
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


def best(names: list[str], folder: Path) -> str:
    """Name the best variant of those that have metrics; if none has, the first."""
    paths = {name: folder / f"{name}.json" for name in names}
    found = {name: metrics.load(p) for name, p in paths.items() if p.is_file()}
    return metrics.best(found) if found else names[0]


def chosen_seed(config: Config, wanted: int | None) -> int:
    """Give the seed that is wanted, or the first one that was trained."""
    return config.seeds[0] if wanted is None else wanted


def language(config: Config) -> str:
    """Give the language in which a network's digits are spelled: that of its text."""
    if config.trained_on is not None:
        return config.trained_on.language
    return params.load().spell.language if params.PATH.is_file() else "en"


def differences(config: Config) -> str:
    """Say in what a network differs from params.yaml, as it may on another branch.

    The text is empty if it does not differ, or if there is no params.yaml.
    """
    if not params.PATH.is_file():
        return ""
    cure = "`dvc checkout` if you changed the branch, else `make repro`"
    model = params.load().models.get(config.variant)
    if model is None:
        return f"{config.variant} is not in params.yaml: {cure}"
    now, then = model.model_dump(), config.model.model_dump()
    changed = [
        f"{key} {then[key]}, params.yaml says {now[key]}"
        for key in now
        if now[key] != then[key]
    ]
    if not changed:
        return ""
    return f"{config.variant} was trained with {'; '.join(changed)}: {cure}"
