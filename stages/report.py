"""Write the page that shows it all: results, and the networks themselves, counting.

And draw the memory of the best of them, for those who read on paper.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from counting.base import checkpoint, files, params
from counting.base.types import Array
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import metrics
from counting.page import render
from counting.page.arrays import engine_arrays
from counting.report import figures, memory
from counting.report.inputs import CURVES, STEPS, read
from counting.running import cli, leftovers
from counting.text import streams
from counting.text.vocabulary import Tokens, Vocabulary


def main() -> None:
    """Read what every variant left behind, and write one file."""
    parser = cli.Parser("stages.report", __doc__)
    parser.add_argument("--models", type=Path, required=True, help="folders of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of JSON")
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--curves", type=Path, required=True, help="folder of CSV")
    parser.add_argument("--figures", type=Path, required=True, help="for the memory")
    parser.add_argument("--out", type=Path, required=True, help="HTML to write")
    args = parser.parse_args()
    settings = params.load()
    names = list(settings.models)
    for line in leftovers.told(
        [args.models, args.curves, args.metrics, args.tables], names
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
        models={name: model.model_dump() for name, model in settings.models.items()},
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
    best, *_ = loaded[render.best_of(results.metrics)].values()
    drawn = draw_memory(best, texts["train"], texts["valid"], vocabulary.words)
    pictures = {args.figures / name: svg for name, svg in drawn.items()}
    files.write({args.out: render.page(results), **pictures})
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


def draw_memory(
    network: Weights, train: Tokens, valid: Tokens, words: tuple[str, ...]
) -> dict[str, str]:
    """Draw a walk through two lines of the unseen text, and where states gather."""
    mpl.rcParams.update(figures.STYLE)
    read = Inference(network)
    walk = memory.lines_of(valid, memory.WALK, 2)
    shown = slice(-memory.length_of(walk, 2), None)
    walked = memory.draw_walk(
        states_of(read, walk)[shown], [words[t] for t in walk[shown]]
    )
    text = memory.lines_of(train, *memory.CLOUDS)
    kept = slice(-memory.length_of(text, memory.CLOUDS[1]), None)
    clouds = memory.clouds_of(
        states_of(read, text)[kept], [words[t] for t in text[kept]]
    )
    return {
        "memory.svg": figures.svg(walked),
        "places.svg": figures.svg(memory.draw_clouds(clouds)),
    }


def states_of(read: Inference, tokens: Tokens) -> Array:
    """Give the hidden states (T, H) after each of the tokens (T,)."""
    states: Array = read.states(tokens.astype(np.int64)[:, None])[:, 0]
    return states


if __name__ == "__main__":
    cli.run("report", main)
