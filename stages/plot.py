"""Draw what the other stages measured: curves, metrics, tables -> reports/figures."""

from __future__ import annotations

from pathlib import Path

from counting.base import files, params
from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.report import article, figures, lines, rows
from counting.report.inputs import read_variants
from counting.running import cli, leftovers


def main() -> None:
    """Read the files of every variant, then draw the figures."""
    parser = cli.Parser("stages.plot", __doc__)
    parser.add_argument("--curves", type=Path, required=True, help="folder of CSV")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--out", type=Path, required=True, help="folder for figures")
    args = parser.parse_args()
    settings = params.load()
    models, rolling = settings.models, settings.plot.rolling
    for line in leftovers.told([args.curves, args.metrics, args.tables], models):
        print(f"plot: {line}")
    for name in models:
        metrics.load(args.metrics / f"{name}.json")
    found = read_variants(args.curves, args.tables, models)
    check_rolling(rolling, found["curves"])
    recipes: dict[str, list[str]] = {}
    for name, model in models.items():
        recipes.setdefault(model.recipe, []).append(name)
    look = figures.looks(models)
    claims = {name: article.claims(settings, name) for name in models}
    titles = {
        "last_token_accuracy": f"token {settings.evaluate.window + 1}",
        "token_accuracy": "all tokens",
        "sequence_accuracy": f"{settings.evaluate.steps} tokens in a row, greedy",
    }
    with figures.style():
        drawn = {
            "accuracy": rows.draw_accuracy(found["seeds"], titles, claims, look),
            "counting": rows.draw_counting(
                found["count_run"], marks(settings.spell), claims, look
            ),
            "curves": lines.draw_curves(found["curves"], recipes, rolling, look),
            "errors": rows.draw_errors(found["errors"]),
            "memory": lines.draw_memory(found["memory"]),
            "sequences": lines.draw_sequences(found["steps"], claims, look),
        }
    files.write({args.out / f"{n}.svg": figures.svg(f) for n, f in drawn.items()})


def check_rolling(rolling: int, curves: lines.Tables) -> None:
    """Check that every variant has as many steps as are averaged into a point.

    Raises:
        InputError: one has fewer.
    """
    for name, table in curves.items():
        if rolling > (done := int(table["step"].max())):
            raise InputError(
                f"params.yaml: plot.rolling: {rolling} is not allowed; expected at "
                f"most {done}, the steps that {name} is trained: lower it"
            )


def marks(spell: params.Spell) -> dict[str, int]:
    """Give the last number of train and of all streams, by the label to draw there."""
    if spell.texts != params.NUMBERS or spell.train[0] != 1:
        return {}
    last = max(end for _, end in spell.streams.values())
    end = spell.train[1]
    return {f"{end:,}: the training text ends": end, f"{last:,}: judging ends": last}


if __name__ == "__main__":
    cli.run("plot", main)
