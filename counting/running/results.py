"""Read the results of a revision or of the working tree: metrics by seed, parameters.

Every table with one row per seed (and stream) is read, whatever its name, so that a new
metric is compared as soon as it is written.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from counting.base import files
from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.running.repository import git

PARAMS, LOCK, TABLES = "params.yaml", "dvc.lock", "reports/tables"
JUDGING = ("evaluate", "spell", "prepare")  # sections that change what metrics mean
SHOWN = ("evaluate.samples",)  # their keys that change no metric

Seeds = dict[int, float]  # a metric's value, by seed
Metrics = dict[str, Seeds]  # by key, as valid.sequence_accuracy


@dataclass(frozen=True)
class Results:
    """What a revision holds: its parameters, dvc.lock, and metrics by variant."""

    params: dict[str, Any]
    lock: dict[str, Any]
    variants: dict[str, Metrics]


def at(revision: str | None) -> Results:
    """Read the results of a git revision, or of the working tree.

    Raises:
        InputError: no such revision, no repository, or a file that cannot be read.
    """
    if revision is None:
        paths = [PARAMS, LOCK, *map(str, sorted(Path(TABLES).glob("*/*.csv")))]
        texts = {p: files.read_text(Path(p)) for p in paths if Path(p).is_file()}
    else:
        listed = git(
            "ls-tree", "-r", "--name-only", revision, "--", PARAMS, LOCK, TABLES
        )
        texts = {p: git("show", f"{revision}:./{p}") for p in listed.splitlines()}
    if conflicts := [path for path, text in texts.items() if "\n<<<<<<< " in text]:
        raise InputError(
            f"{conflicts[0]}: holds both sides of a merge: `git checkout --ours "
            "dvc.lock`, settle params.yaml, then `make repro`"
        )
    found: dict[str, Metrics] = {}
    for path, text in texts.items():
        if path.startswith(TABLES) and path.endswith(".csv"):
            name = Path(path)
            found.setdefault(name.parent.name, {}).update(read(text, name))
    params, lock = (mapping(texts.get(name, ""), name) for name in (PARAMS, LOCK))
    return Results(params, lock, {name: keys for name, keys in found.items() if keys})


def mapping(text: str, name: str) -> dict[str, Any]:
    """Read YAML whose top is a mapping."""
    try:
        found = YAML(typ="safe").load(text) or {}
    except YAMLError as error:
        raise InputError(f"{name}: not YAML: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{name}: expected a mapping")
    return found


def read(text: str, path: Path) -> Metrics:
    """Read a table: its metrics by key, or none if it has not one row per seed."""
    rows = list(csv.DictReader(StringIO(text)))
    places = [(row.get("stream"), row.get("seed")) for row in rows]
    if not rows or "seed" not in rows[0] or len(set(places)) < len(places):
        return {}
    found: Metrics = {}
    try:
        for row in rows:
            stream, seed = row.pop("stream", None) or path.stem, int(row.pop("seed"))
            for key, value in row.items():
                frozen = stream in ("train", "valid") or key == "sequence_accuracy"
                if frozen or key not in metrics.KEYS:
                    found.setdefault(f"{stream}.{key}", {})[seed] = float(value)
    except (TypeError, ValueError):
        raise InputError(
            f"{path}: expected a number in each cell; it is damaged: `make repro`"
        ) from None
    return found


def check_run(results: Results) -> None:
    """Check that results are there, and were made with the parameters beside them.

    Raises:
        InputError: params.yaml was changed and not run, or a run has failed.
    """
    variants: dict[str, Any] = results.params.get("models") or {}
    if not variants:
        raise InputError(
            f"{PARAMS}: not found or without models: run this in the root folder of "
            "the project, or restore the file with git"
        )
    if missing := [name for name in variants if name not in results.variants]:
        raise InputError(
            f"{TABLES}: no tables of {', '.join(missing)}, since a run has failed or "
            "was never made: `make repro`, or `git restore reports`"
        )
    stages: dict[str, Any] = results.lock.get("stages", {})
    for name, stage in stages.items():
        _, _, variant = name.partition("@")
        if variant and variant not in variants:
            continue  # the variant was removed
        for key, used in stage.get("params", {}).get(PARAMS, {}).items():
            if lookup(results.params, key) != used:
                raise InputError(
                    f"{PARAMS}: {key} was changed after the last run, whose results "
                    "these are: `make repro`"
                )


def lookup(params: dict[str, Any], key: str) -> Any:
    """Give a value by its name with dots, or None."""
    value: Any = params
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def judged_otherwise(base: Results, head: Results) -> list[str]:
    """List the settings that differ and make the metrics of both incomparable."""
    before, now = flat(base.params), flat(head.params)
    return [
        f"{key} is {now[key]}, was {before[key]}"
        for key in sorted(before.keys() & now.keys())
        if key.partition(".")[0] in JUDGING and key not in SHOWN
        if before[key] != now[key]
    ]


def flat(params: Any, name: str = "") -> dict[str, Any]:
    """Flatten nested parameters: a value by its name with dots."""
    if not isinstance(params, dict):
        return {name: params}
    inner = [flat(value, f"{name}.{key}".strip(".")) for key, value in params.items()]
    return {key: value for found in inner for key, value in found.items()}
