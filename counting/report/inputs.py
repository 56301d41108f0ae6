"""Read the tables that other stages wrote, and check them before they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd

from counting.base import files
from counting.base.errors import InputError
from counting.evaluation import metrics

CURVES = ("seed", "step", "loss", "last_token_accuracy")  # the columns drawn
STEPS = ("seed", "steps", "sequence_accuracy")
TABLES: dict[str, Sequence[str]] = {  # columns drawn, by kind of table
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
    """Read the tables to draw: by kind, then by variant.

    Args:
        curves: folder with one file of training curves per variant.
        tables: folder with one folder of tables per variant.
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
    """Read a CSV file that another stage wrote, with a number in each of `columns`.

    Raises:
        InputError: something is missing or damaged; the message ends with `again`.
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
        numeric = name in table and pd.api.types.is_numeric_dtype(table[name])
        if not numeric or table[name].isna().any() or table.empty:
            fault = "has gaps" if numeric else "is missing or has no numbers"
            raise InputError(
                f"{path}: the column {name!r} {fault}, expected a number in each line; "
                f"{again}"
            )
    return table
