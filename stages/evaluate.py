"""Judge one variant on every stream: weights, prepared data -> metrics and tables.

Nothing is chosen here: every window of the valid stream counts, once, for each seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counting.base import cli, files, numerics, params
from counting.evaluation import metrics, mistakes
from counting.text import streams
from counting.text.vocabulary import SEPARATOR, Tokens, Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

    from counting.evaluation.scores import Scores
    from counting.networks.network import CountingModel

Networks = dict[int, "CountingModel"]  # by seed
Judged = dict[str, list["Scores"]]  # by stream, one a seed


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
    numerics.settle(settings.numerics)
    import torch

    from counting.evaluation import generation
    from counting.networks import checkpoint

    data = {name: torch.from_numpy(some).long() for name, some in tokens.items()}
    config = checkpoint.load_config(args.model, vocabulary.words)
    networks = {s: checkpoint.load_model(args.model, config, s) for s in config.seeds}
    scores = judge(networks, data, settings.evaluate)
    counts = [
        generation.count_run(
            network, data["train"], data["valid"], vocabulary.tokens[SEPARATOR]
        )
        for network in networks.values()
    ]
    rows = {
        name: [{key: getattr(seed, key) for key in metrics.KEYS} for seed in seeds]
        for name, seeds in scores.items()
    }
    content = metrics.summarise(rows, counts, settings.evaluate.stride)
    said = samples(networks, data["valid"], vocabulary, settings.evaluate)
    words = [vocabulary.words[token] for token in tokens["valid"]]
    texts = tables(list(networks), scores, counts, words) | {"samples.md": said}
    files.write(
        {args.tables / name: text for name, text in texts.items()}
        | {args.metrics: files.as_json(content)}
    )
    valid = content["valid"]
    print(
        f"evaluate {config.variant}: valid: last token "
        f"{valid['last_token_accuracy']:.4f}, sequences "
        f"{valid['sequence_accuracy']:.4f} (worst seed "
        f"{valid['sequence_accuracy_worst']:.4f}), counts {counts}"
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
            raise cli.InputError(
                f"params.yaml: evaluate.stride has no stride for the stream {name!r}"
            )
        if len(tokens) <= judging.window:
            raise cli.InputError(
                f"the stream {name!r} has {len(tokens)} tokens, expected more than "
                f"evaluate.window = {judging.window}; widen its range in spell"
            )
    return found


def judge(
    networks: Networks, data: dict[str, Tensor], judging: params.Evaluate
) -> Judged:
    """Score every network on every stream (n,) int64."""
    from counting.evaluation import scores as scoring

    sizes = (judging.window, judging.prompt, judging.steps)
    return {
        name: [
            scoring.score(network, stream, *sizes, stride=judging.stride[name])
            for network in networks.values()
        ]
        for name, stream in data.items()
    }


def tables(
    seeds: list[int], scores: Judged, counts: list[int], words: list[str]
) -> dict[str, str]:
    """Lay out what the metrics are means of: by seed, by step, by kind of error.

    `words` is the valid stream, whose errors are told apart.
    """
    by_seed = [
        [seed, name, *(getattr(score, key) for key in metrics.KEYS)]
        for name, judged in scores.items()
        for seed, score in zip(seeds, judged, strict=True)
    ]
    by_step = [
        [name, seed, step, share]
        for name in ("train", "valid")
        for seed, score in zip(seeds, scores[name], strict=True)
        for step, share in enumerate(score.right_through, start=1)
    ]
    places = [[failure.place for failure in s.failures] for s in scores["valid"]]
    kinds = mistakes.tabulate(words, places)
    return {
        "seeds.csv": files.as_csv(["seed", "stream", *metrics.KEYS], by_seed),
        "count_run.csv": files.as_csv(
            ["seed", "numbers_right"], list(zip(seeds, counts, strict=True))
        ),
        "steps.csv": files.as_csv(
            ["stream", "seed", "steps", "sequence_accuracy"], by_step
        ),
        "errors.csv": files.as_csv(
            ["kind", "roll_over", *(f"seed_{seed}" for seed in seeds)],
            [[kind, nines, *wrong] for kind, nines, wrong in kinds],
        ),
    }


def samples(
    networks: Networks, stream: Tensor, vocabulary: Vocabulary, judging: params.Evaluate
) -> str:
    """Show the article's own test for the eye: prompts, what the network said."""
    import torch

    from counting.evaluation import generation

    prompt, steps, count = judging.prompt, judging.steps, judging.samples
    drawing = torch.Generator().manual_seed(0)
    starts = torch.randint(
        len(stream) - prompt - steps + 1, (count,), generator=drawing
    )
    windows = stream[starts[:, None] + torch.arange(prompt + steps)]
    first = next(iter(networks.values()))
    said = generation.greedy(first, windows[:, :prompt], steps)
    parts = [
        f"# {count} prompts of {prompt} tokens drawn from the valid stream\n\n"
        f"Greedy, {steps} steps, first seed. The first wrong word is **bold**.\n"
    ]
    for window, answer in zip(windows.tolist(), said.tolist(), strict=True):
        truth = window[prompt:]
        words = [vocabulary.words[token] for token in answer]
        wrong = [k for k in range(steps) if answer[k] != truth[k]]
        if wrong:
            words[wrong[0]] = f"**{words[wrong[0]]}**"
        verdict = f"wrong from step {wrong[0] + 1} on" if wrong else "all right"
        parts.append(
            f"\n- prompt: {vocabulary.decode(window[:prompt])}\n"
            f"- said: {' '.join(words)}\n"
            f"- truth: {vocabulary.decode(truth)}\n"
            f"- {verdict}\n"
        )
    return "".join(parts)


if __name__ == "__main__":
    cli.run("evaluate", main)
