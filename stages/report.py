"""Write the page that shows it all: results, and the networks themselves, counting."""

from __future__ import annotations

from pathlib import Path

from counting.base import checkpoint, files, params
from counting.base.recurrences import OWN
from counting.engine.weights import Weights
from counting.evaluation import metrics
from counting.page import render
from counting.page.arrays import engine_arrays
from counting.report.inputs import CURVES, STEPS, read
from counting.running import cli, leftovers
from counting.text import streams
from counting.text.vocabulary import Vocabulary


def main() -> None:
    """Read what every variant left behind, and write one file."""
    parser = cli.Parser("stages.report", __doc__)
    parser.add_argument("--models", type=Path, required=True, help="folders of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--curves", type=Path, required=True, help="folder of CSV")
    parser.add_argument("--out", type=Path, required=True, help="HTML to write")
    args = parser.parse_args()
    settings = params.load()
    names = [n for n, model in settings.models.items() if model.recurrence not in OWN]
    for name in settings.models.keys() - set(names):
        print(f"report: {name} is left out: the page knows no recurrence of one's own")
    for line in leftovers.told(
        [args.models, args.curves, args.metrics, args.tables], list(settings.models)
    ):
        print(f"report: {line}")
    vocabulary = Vocabulary.load(args.prepared / "vocab.json")
    texts = {
        name: streams.load(args.prepared / f"{name}.safetensors", len(vocabulary))
        for name in ("train", "valid")
    }
    loaded = load(args.models, names, vocabulary.words)
    judged = {name: f"run `dvc repro evaluate@{name}` again" for name in names}
    trained = {name: f"run `dvc repro train@{name}` again" for name in names}
    results = render.Results(
        words=vocabulary.words,
        streams=texts,
        models={name: settings.models[name].model_dump() for name in names},
        recipes={name: one.model_dump() for name, one in settings.recipes.items()},
        judging=settings.evaluate.model_dump(),
        metrics={name: metrics.load(args.metrics / f"{name}.json") for name in names},
        curves={
            name: read(args.curves / f"{name}.csv", CURVES, trained[name])
            for name in names
        },
        steps={
            name: read(args.tables / name / "steps.csv", STEPS, judged[name])
            for name in names
        },
        errors={
            name: read(args.tables / name / "errors.csv", ["roll_over"], judged[name])
            for name in names
        },
        networks={
            name: {seed: engine_arrays(network) for seed, network in seeds.items()}
            for name, seeds in loaded.items()
        },
    )
    files.write_text(args.out, render.page(results))
    print(f"report: {args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


def load(
    folder: Path, names: list[str], words: tuple[str, ...]
) -> dict[str, dict[int, Weights]]:
    """Load every seed of every variant."""
    loaded = {}
    for name in names:
        config = checkpoint.load_config(folder / name, words)
        loaded[name] = {
            seed: Weights.of(
                config.model, checkpoint.load_weights(folder / name, config, seed)
            )
            for seed in config.seeds
        }
    return loaded


if __name__ == "__main__":
    cli.run("report", main)
