"""Judge one variant on every stream: weights, prepared data -> metrics and tables.

Nothing is chosen here: every window of the valid stream counts, once, for each seed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from counting.base import checkpoint, files, params
from counting.base.errors import InputError
from counting.engine.compiler import portability_warning
from counting.engine.forward import Inference
from counting.engine.weights import Weights
from counting.evaluation import generation, metrics, mistakes, scores
from counting.evaluation.reader import Reader
from counting.evaluation.scores import Scores
from counting.running import cli
from counting.text import streams
from counting.text.vocabulary import SEPARATOR, Tokens, Vocabulary

Readers = dict[int, Reader]  # by seed
Judged = dict[str, list[Scores]]  # by stream, one a seed


def main() -> None:
    """Score every seed on every stream, and write what came of it."""
    parser = cli.Parser("stages.evaluate", __doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON to write")
    parser.add_argument(
        "--tables", type=Path, required=True, help="folder for the tables of the seeds"
    )
    args = parser.parse_args()

    settings = params.load()
    vocabulary = Vocabulary.load(args.prepared / "vocab.json")
    tokens = load_streams(args.prepared, len(vocabulary), settings.evaluate)
    config = checkpoint.load_config(args.model, vocabulary.words)
    readers = load_readers(args.model, config, settings)
    judged = judge(readers, tokens, settings.evaluate)
    comma = vocabulary.tokens[SEPARATOR]
    ahead = what_follows(tokens, settings.spell, comma)
    further = [
        generation.count_run(read, tokens["train"], ahead, comma)
        for read in readers.values()
    ]
    numbers = int((tokens["valid"] == comma).sum()) + 1
    counts = [min(count, numbers) for count in further]
    rows = {
        name: [{key: getattr(seed, key) for key in metrics.KEYS} for seed in seeds]
        for name, seeds in judged.items()
    }
    content = metrics.summarise(rows, counts, further, settings.evaluate.stride)
    valid = tokens["valid"]
    texts = tables(list(readers), judged, further, vocabulary, valid)
    texts["samples.csv"] = samples(readers, valid, vocabulary, settings.evaluate)
    files.write(
        {args.tables / name: text for name, text in texts.items()}
        | {args.metrics: files.as_json(content)}
    )
    shares = content["valid"]
    print(
        f"evaluate {config.variant}: valid: last token "
        f"{shares['last_token_accuracy']:.4f}, sequences "
        f"{shares['sequence_accuracy']:.4f} (worst seed "
        f"{shares['sequence_accuracy_worst']:.4f}), counts {further}"
    )


def load_streams(
    folder: Path, vocabulary_size: int, judging: params.Evaluate
) -> dict[str, Tokens]:
    """Read every prepared stream, by name.

    Raises:
        InputError: one has no stride, or is shorter than a window.
    """
    found = {
        path.stem: streams.load(path, vocabulary_size)
        for path in sorted(folder.glob("*.safetensors"))
    }
    for name, tokens in found.items():
        if name not in judging.stride:
            raise InputError(
                f"params.yaml: evaluate.stride has no stride for the stream {name!r}"
            )
        if len(tokens) <= judging.window:
            raise InputError(
                f"the stream {name!r} has {len(tokens)} tokens, expected more than "
                f"evaluate.window = {judging.window}; widen its range in spell"
            )
    return found


def load_readers(
    folder: Path, config: checkpoint.Config, settings: params.Params
) -> Readers:
    """Load the network of every seed, for the engine that the parameters name."""
    if settings.engine == "compiled":
        if remark := portability_warning():
            print(f"evaluate: {remark}")
        weights = {s: checkpoint.load_weights(folder, config, s) for s in config.seeds}
        return {s: Inference(Weights.of(config.model, w)) for s, w in weights.items()}
    # torch takes longer to load than the compiled engine to judge a stream
    from counting import networks
    from counting.evaluation.definition import Definition

    print("evaluate: engine: autograd, so the figures are this machine's own")
    return {
        seed: Definition(networks.load(folder, seed), settings.device)
        for seed in config.seeds
    }


def judge(
    readers: Readers, tokens: dict[str, Tokens], judging: params.Evaluate
) -> Judged:
    """Score every network on every stream (n,)."""
    sizes = (judging.window, judging.prompt, judging.steps)
    judged: Judged = {name: [] for name in tokens}
    with cli.progress("evaluate", len(tokens) * len(readers), "streams") as bar:
        for name, stream in tokens.items():
            for read in readers.values():
                found = scores.score(read, stream, *sizes, stride=judging.stride[name])
                judged[name].append(found)
                bar.update()
    return judged


def what_follows(tokens: dict[str, Tokens], spell: params.Spell, comma: int) -> Tokens:
    """Join valid and the streams whose numbers go on where it ends."""
    joined, (_, last) = [tokens["valid"]], spell.valid
    for name, (first, end) in sorted(spell.beyond.items(), key=lambda s: s[1]):
        if spell.texts == params.NUMBERS and first == last + 1 and name in tokens:
            joined += [np.array([comma], tokens["valid"].dtype), tokens[name]]
            last = end
    return np.concatenate(joined)


def tables(
    seeds: list[int],
    judged: Judged,
    further: list[int],
    vocabulary: Vocabulary,
    valid: Tokens,
) -> dict[str, str]:
    """Lay out what the metrics are means of: by seed, by step, by kind of error."""
    by_seed = [
        [seed, name, *(getattr(score, key) for key in metrics.KEYS)]
        for name, found in judged.items()
        for seed, score in zip(seeds, found, strict=True)
    ]
    by_step = [
        [name, seed, step, share]
        for name in ("train", "valid")
        for seed, score in zip(seeds, judged[name], strict=True)
        for step, share in enumerate(score.right_through, start=1)
    ]
    words = [vocabulary.words[token] for token in valid]
    kinds = mistakes.tabulate(words, [score.wrong_at for score in judged["valid"]])
    confused = mistakes.confusion(
        valid, [(score.wrong_at, score.decoded) for score in judged["valid"]]
    )
    return {
        "seeds.csv": files.as_csv(["seed", "stream", *metrics.KEYS], by_seed),
        "count_run.csv": files.as_csv(
            ["seed", "numbers_right"], list(zip(seeds, further, strict=True))
        ),
        "steps.csv": files.as_csv(
            ["stream", "seed", "steps", "sequence_accuracy"], by_step
        ),
        "errors.csv": files.as_csv(
            ["kind", "roll_over", *(f"seed_{seed}" for seed in seeds)],
            [[kind, nines, *wrong] for kind, nines, wrong in kinds],
        ),
        "confusion.csv": files.as_csv(
            ["expected", "said", "sequences"],
            [
                [vocabulary.words[token], vocabulary.words[said], count]
                for token, said, count in confused
            ],
        ),
    }


def samples(
    readers: Readers, stream: Tokens, vocabulary: Vocabulary, judging: params.Evaluate
) -> str:
    """Show the article's own test for the eye: prompts, what the first seed said."""
    prompt, steps, count = judging.prompt, judging.steps, judging.samples
    last = len(stream) - prompt - steps + 1
    starts = np.random.default_rng(0).integers(last, size=count)
    windows = stream[starts[:, None] + np.arange(prompt + steps)].astype(np.int64)
    first = next(iter(readers.values()))
    said = generation.greedy(first, windows[:, :prompt], steps)
    rows = []
    for window, answer in zip(windows.tolist(), said.tolist(), strict=True):
        truth = window[prompt:]
        right = [a == b for a, b in zip(answer, truth, strict=True)]
        texts = (window[:prompt], answer, truth)
        shown = [f'"{vocabulary.decode(tokens)}"' for tokens in texts]
        rows.append([*shown, right.index(False) if False in right else steps])
    return files.as_csv(["prompt", "said", "truth", "right_steps"], rows)


if __name__ == "__main__":
    cli.run("evaluate", main)
