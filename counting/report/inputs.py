"""Tables that other stages wrote, checked before they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd

from counting.base import files
from counting.base.errors import InputError
from counting.evaluation import metrics

CURVES = ("seed", "step", "loss", "last_token_accuracy")  # columns that are drawn
STEPS = ("seed", "steps", "sequence_accuracy")
TABLES: dict[str, Sequence[str]] = {  # what is drawn of the tables of a variant
    "seeds": metrics.KEYS,
    "steps": STEPS,
    "errors": ["roll_over"],
    "count_run": ["from_one"],
    "memory": ["words", "accuracy", "chance"],
}
MAY_BE_EMPTY = ("memory",)  # where there is nothing to probe


def read_variants(
    curves: Path, tables: Path, variants: Iterable[str]
) -> dict[str, dict[str, pd.DataFrame]]:
    """Read what is drawn of every variant: tables by kind, then by variant.

    Args:
        curves: folder of the training curves.
        tables: folder of a folder for each variant.
        variants: their names.
    """
    found: dict[str, dict[str, pd.DataFrame]] = {"curves": {}}
    for name in variants:
        again = f"run `dvc repro train@{name}` again"
        found["curves"][name] = read(curves / f"{name}.csv", CURVES, again)
        again = f"run `dvc repro evaluate@{name}` again"
        for kind, columns in TABLES.items():
            table = read(
                tables / name / f"{kind}.csv", columns, again, kind in MAY_BE_EMPTY
            )
            found.setdefault(kind, {})[name] = table
    return found


def read(
    path: Path, columns: Sequence[str], again: str, may_be_empty: bool = False
) -> pd.DataFrame:
    """Read a table that another stage wrote, with a number in each of `columns`.

    Raises:
        InputError: it is missing, damaged, or of another version.
    """
    content = files.read_bytes(path, again)
    try:
        table = pd.read_csv(BytesIO(content))
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(
            f"{path}: expected a CSV, found a damaged file ({error}); {again}"
        ) from None
    if may_be_empty and table.empty and set(columns) <= set(table):
        return table
    for name in columns:
        if name not in table or not pd.api.types.is_numeric_dtype(table[name]):
            raise InputError(
                f"{path}: the column {name!r} is missing or no numbers, expected a "
                f"number in each line; {again}"
            )
        if table[name].isna().any() or table.empty:
            raise InputError(
                f"{path}: the column {name!r} has gaps, expected a number in each "
                f"line; {again}"
            )
    return table
