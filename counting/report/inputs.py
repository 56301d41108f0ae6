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
    """Read the tables to draw.

    Args:
        curves: folder of the training curves.
        tables: folder with one folder of tables per variant.
        variants: their names.

    Returns:
        Tables by kind, then by variant.
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
    """Read a CSV file that another stage wrote, and check its columns.

    Args:
        path: of the file.
        columns: those that must have a number in each line; the file may have others.
        again: the advice at the end of an error message.
        may_be_empty: a table without lines is accepted.

    Raises:
        InputError: the file is missing or damaged, or a column is missing or has gaps.
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
                f"{path}: the column {name!r} is missing or not numeric, expected "
                f"a number in each line; {again}"
            )
        if table[name].isna().any() or table.empty:
            raise InputError(
                f"{path}: the column {name!r} has gaps, expected a number in each "
                f"line; {again}"
            )
    return table
