"""Tables that other stages wrote, checked before anything is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd

from counting.base import files
from counting.base.errors import InputError

CURVES = ("seed", "step", "loss", "last_token_accuracy")  # columns that are drawn
STEPS = ("seed", "steps", "sequence_accuracy")


def read(path: Path, columns: Sequence[str], again: str) -> pd.DataFrame:
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
