"""Draw what the other stages measured: curves, metrics, tables -> reports/figures."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from counting.base import files, params
from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.report import article, figures
from counting.report.inputs import CURVES, STEPS, read
from counting.running import cli, leftovers


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
    for line in leftovers.told([args.curves, args.metrics, args.tables], models):
        print(f"plot: {line}")
    for name in models:
        metrics.load(args.metrics / f"{name}.json")
    curves, seeds, steps = {}, {}, {}
    for name in models:
        trained = f"run `dvc repro train@{name}` again"
        curves[name] = read(args.curves / f"{name}.csv", CURVES, trained)
        if rolling > (steps_done := int(curves[name]["step"].max())):
            raise InputError(
                f"params.yaml: plot.rolling: {rolling} is not allowed; expected at "
                f"most {steps_done}, the steps that {name} is trained: lower it"
            )
        judged = f"run `dvc repro evaluate@{name}` again"
        seeds[name] = read(args.tables / name / "seeds.csv", metrics.KEYS, judged)
        steps[name] = read(args.tables / name / "steps.csv", STEPS, judged)
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
    mpl.rcParams.update(figures.STYLE)
    drawn = {
        "curves.svg": figures.draw_curves(curves, recipes, rolling, look),
        "accuracy.svg": figures.draw_accuracy(seeds, titles, claims, look),
        "sequences.svg": figures.draw_sequences(steps, claims, look),
    }
    files.write({args.out / name: figures.svg(one) for name, one in drawn.items()})


if __name__ == "__main__":
    cli.run("plot", main)
