"""Write the page: the story, the results, and the networks, which count in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from counting.base import checkpoint, files, params
from counting.base.params import Params
from counting.base.recurrences import OWN
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import metrics
from counting.page import render
from counting.page.arrays import engine_arrays
from counting.page.results import Reader, Results
from counting.report.inputs import read
from counting.running import cli, leftovers
from counting.text import streams
from counting.text.vocabulary import Vocabulary

FIGURES = ("accuracy", "counting", "curves", "errors", "memory", "sequences")
DRAW = "run `dvc repro plot` again"


def main() -> None:
    """Read the results of every variant; write the page, and the picture for links."""
    parser = cli.Parser("stages.report", __doc__)
    parser.add_argument("--models", type=Path, required=True, help="folders of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--probes", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--figures", type=Path, required=True, help="folder of SVG")
    parser.add_argument("--out", type=Path, required=True, help="HTML to write")
    args = parser.parse_args()
    settings = params.load()
    names = [n for n, model in settings.models.items() if model.recurrence not in OWN]
    for name in settings.models.keys() - set(names):
        print(f"report: {name} is left out: the page cannot run your own recurrence")
    for line in leftovers.told(
        [args.models, args.metrics, args.tables], settings.models
    ):
        print(f"report: {line}")
    words = Vocabulary.load(args.prepared / "vocab.json").words
    loaded = load(args.models, names, words)
    advice = {name: f"run `dvc repro evaluate@{name}` again" for name in names}
    results = Results(
        words=words,
        streams={
            name: streams.load(args.prepared / f"{name}.safetensors", len(words))
            for name in ("train", "valid")
        },
        numbers=english_numbers(settings),
        models={name: settings.models[name].model_dump() for name in names},
        recipes={name: one.model_dump() for name, one in settings.recipes.items()},
        judging=settings.evaluate.model_dump(),
        metrics={name: metrics.load(args.metrics / f"{name}.json") for name in names},
        errors={
            name: read(args.tables / name / "errors.csv", ["roll_over"], advice[name])
            for name in names
        },
        probes={
            name: files.read_json(args.probes / f"{name}.json", advice[name])
            for name in names
        },
        networks={
            name: {seed: engine_arrays(network) for seed, network in seeds.items()}
            for name, seeds in loaded.items()
        },
        readers={
            name: reader(next(iter(seeds.values()))) for name, seeds in loaded.items()
        },
        figures={
            f"{name}.svg": files.read_bytes(args.figures / f"{name}.svg", DRAW).decode()
            for name in FIGURES
        },
    )
    picture = (render.FOLDER / render.PICTURE).read_bytes()
    files.write(
        {args.out: render.page(results), args.out.with_name(render.PICTURE): picture}
    )
    print(f"report: {args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


def english_numbers(settings: Params) -> tuple[int, int] | None:
    """Give train's first and last number, if it is English and valid goes on there."""
    spell = settings.spell
    (first, last), (following, _) = spell.train, spell.valid
    is_so = spell.texts == "numbers" and spell.language.startswith("en")
    return (first, last) if is_so and following == last + 1 else None


def reader(network: Weights) -> Reader:
    """Give a function that makes a network read a list of tokens.

    It returns the likeliest token after each, and the hidden states (T, H) float32.
    """
    read = Inference(network)

    def predict(tokens: list[int]) -> tuple[list[int], Array]:
        reading, inside, _ = read.inspect(np.array(tokens, np.int64)[:, None])
        return reading.predicted[:, 0].tolist(), inside.states[:, 0]

    return predict


def load(
    folder: Path, names: list[str], words: tuple[str, ...]
) -> dict[str, dict[int, Weights]]:
    """Load the networks of every variant, by seed."""
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
