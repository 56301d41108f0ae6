"""Draw what the other stages measured: curves, metrics, tables -> reports/figures."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from counting.base import cli, files, params
from counting.evaluation import metrics
from counting.report import figures, leftovers

CURVES = ("seed", "step", "loss", "last_token_accuracy")  # columns that are drawn
STEPS = ("seed", "steps", "sequence_accuracy")


def main() -> None:
    """Read every variant's files, then draw each figure."""
    parser = cli.Parser("stages.plot", __doc__)
    parser.add_argument("--curves", type=Path, required=True, help="folder of CSV")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--out", type=Path, required=True, help="folder for figures")
    args = parser.parse_args()
    settings = params.load()
    models, rolling = settings.models, settings.plot.rolling
    for path in leftovers.set_aside([args.curves, args.metrics, args.tables], models):
        print(
            f"plot: {path} belongs to no variant of params.yaml: moved to "
            f"{leftovers.ASIDE}; `rm -r {leftovers.ASIDE / path}` removes it"
        )
    for name in models:
        metrics.load(args.metrics / f"{name}.json")
    curves, seeds, steps = {}, {}, {}
    for name in models:
        trained = f"run `dvc repro train@{name}` again"
        curves[name] = read(args.curves / f"{name}.csv", CURVES, trained)
        if rolling > (steps_done := int(curves[name]["step"].max())):
            raise cli.InputError(
                f"params.yaml: plot.rolling: {rolling} is not allowed; expected at "
                f"most {steps_done}, the steps that {name} is trained: lower it"
            )
        judged = f"run `dvc repro evaluate@{name}` again"
        seeds[name] = read(args.tables / name / "seeds.csv", metrics.KEYS, judged)
        steps[name] = read(args.tables / name / "steps.csv", STEPS, judged)
    recipes: dict[str, list[str]] = {}
    for name, model in models.items():
        recipes.setdefault(model.recipe, []).append(name)
    look = figures.look_of(models)
    mpl.rcParams.update(figures.STYLE)
    drawn = {
        "curves.svg": figures.draw_curves(curves, recipes, rolling, look),
        "accuracy.svg": figures.draw_accuracy(seeds, look),
        "sequences.svg": figures.draw_sequences(steps, look),
    }
    files.write({args.out / name: figures.svg(one) for name, one in drawn.items()})


def read(path: Path, columns: Sequence[str], again: str) -> pd.DataFrame:
    """Read a table that another stage wrote, with a number in each of `columns`.

    Raises:
        InputError: it is missing, damaged, or of another version.
    """
    content = files.read_bytes(path, again)
    try:
        table = pd.read_csv(BytesIO(content))
    except (ValueError, pd.errors.ParserError) as error:
        raise cli.InputError(
            f"{path}: expected a CSV, found a damaged file ({error}); {again}"
        ) from None
    for name in columns:
        if name not in table or not pd.api.types.is_numeric_dtype(table[name]):
            raise cli.InputError(
                f"{path}: the column {name!r} is missing or no numbers, expected a "
                f"number in each line; {again}"
            )
        if table[name].isna().any() or table.empty:
            raise cli.InputError(
                f"{path}: the column {name!r} has gaps, expected a number in each "
                f"line; {again}"
            )
    return table


if __name__ == "__main__":
    cli.run("plot", main)
