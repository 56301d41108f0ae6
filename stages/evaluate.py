"""Judge one variant on every stream: weights, prepared data -> metrics and tables.

Nothing is chosen here: every window of the valid stream counts, once, for each seed.
"""

from __future__ import annotations

from pathlib import Path

from counting.base import checkpoint, files, params
from counting.engine.compiler import portability_warning
from counting.evaluation import judging, loading, metrics, tables
from counting.running import cli
from counting.text.vocabulary import Vocabulary

NO_PROBES = (
    "no probes of the memory, which need engine: compiled and a text of enough "
    "numbers in words"
)


def main() -> None:
    """Judge every seed on every stream, and write metrics, tables and probes."""
    parser = cli.Parser("stages.evaluate", __doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON to write")
    parser.add_argument("--tables", type=Path, required=True, help="folder for tables")
    parser.add_argument("--probes", type=Path, required=True, help="JSON to write")
    args = parser.parse_args()

    settings = params.load()
    vocabulary = Vocabulary.load(args.prepared / "vocab.json")
    texts = loading.texts(args.prepared, vocabulary, settings.evaluate, settings.spell)
    config = checkpoint.load_config(args.model, vocabulary.words)
    say_whose_figures(settings.engine)
    readers = loading.networks(args.model, config, settings.engine, settings.device)
    judged = {}
    with cli.progress("evaluate", len(readers), "networks") as bar:
        for seed, read in readers.items():
            judged[seed] = judging.judge(read, texts, settings.evaluate)
            bar.update()
    valid, first = texts.streams["valid"], next(iter(readers.values()))
    samples = judging.samples(first, valid, vocabulary, settings.evaluate)
    content = judging.summarise(judged, texts, settings.evaluate)
    found = tables.tables(judged, samples, valid, vocabulary)
    files.write(
        {args.tables / name: text for name, text in found.items()}
        | {args.probes: files.as_json(tables.probes(judged))}
        | {args.metrics: files.as_json(content)}
    )
    print(f"evaluate {config.variant}: {metrics.told(content)}")
    if not any(one.memory for one in judged.values()):
        print(f"evaluate {config.variant}: {NO_PROBES}")


def say_whose_figures(engine: str) -> None:
    """Print a line if the figures are this machine's own."""
    if engine != "compiled":
        print("evaluate: engine: autograd, so the figures are this machine's own")
    elif remark := portability_warning():
        print(f"evaluate: {remark}")


if __name__ == "__main__":
    cli.run("evaluate", main)
