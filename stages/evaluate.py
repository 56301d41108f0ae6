"""Judge one variant on every stream: weights, prepared data -> metrics and tables.

Nothing is chosen here: every window of the valid stream counts, once, for each seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from stages.counting import cli, files, metrics, mistakes, numerics, params, streams
from stages.counting.vocab import SEPARATOR, Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

    from stages.counting.models import CountingModel

GIVEN = 3  # numbers that count_run starts from


def main() -> None:
    """Score every seed on every stream, and write what came of it."""
    parser = argparse.ArgumentParser(prog="stages.evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of weights")
    parser.add_argument("--prepared", type=Path, required=True, help="prepared data")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON to write")
    parser.add_argument(
        "--tables", type=Path, required=True, help="folder for the tables of the seeds"
    )
    args = parser.parse_args()

    loaded = params.load()
    settings = loaded.evaluate
    vocabulary = Vocabulary.load(args.prepared / "vocab.json")
    raw = {
        path.stem: streams.load(path, len(vocabulary))
        for path in sorted(args.prepared.glob("*.safetensors"))
    }
    for name, tokens in raw.items():
        if name not in settings.stride:
            raise cli.InputError(
                f"params.yaml: evaluate.stride has no stride for the stream {name!r}"
            )
        if len(tokens) <= settings.window:
            raise cli.InputError(
                f"the stream {name!r} has {len(tokens)} tokens, expected more than "
                f"evaluate.window = {settings.window}; widen its range in spell"
            )
    numerics.settle(loaded.numerics)
    import torch

    from stages.counting import checkpoint, generation, scoring

    data = {name: torch.from_numpy(tokens).long() for name, tokens in raw.items()}
    config = checkpoint.load_config(args.model, vocabulary.words)
    models = {s: checkpoint.load_model(args.model, config, s) for s in config.seeds}

    scores = {
        name: [
            scoring.score(
                model,
                stream,
                window=settings.window,
                prompt=settings.prompt,
                steps=settings.steps,
                stride=settings.stride[name],
            )
            for model in models.values()
        ]
        for name, stream in data.items()
    }
    rows = {
        name: [{key: getattr(seed, key) for key in metrics.KEYS} for seed in seeds]
        for name, seeds in scores.items()
    }
    prompt = last_numbers(data["train"], GIVEN, vocabulary)
    runs = [
        generation.tokens_right(model, prompt, data["valid"])
        for model in models.values()
    ]
    counts = [numbers_in(data["valid"], tokens, vocabulary) for tokens in runs]
    words = [vocabulary.words[token] for token in raw["valid"]]
    table = mistakes.tabulate(
        words, [[m.position for m in seed.mistakes] for seed in scores["valid"]]
    )

    seeds = list(models)
    files.write_csv(
        args.tables / "seeds.csv",
        ["seed", "stream", *metrics.KEYS],
        [
            [seed, name, *(row[key] for key in metrics.KEYS)]
            for name in rows
            for seed, row in zip(seeds, rows[name], strict=True)
        ],
    )
    files.write_csv(
        args.tables / "count_run.csv",
        ["seed", "numbers_right"],
        [[seed, count] for seed, count in zip(seeds, counts, strict=True)],
    )
    files.write_csv(
        args.tables / "steps.csv",
        ["stream", "seed", "steps", "sequence_accuracy"],
        [
            [name, seed, step, share]
            for name in ("train", "valid")
            for seed, score in zip(seeds, scores[name], strict=True)
            for step, share in enumerate(score.right_through, start=1)
        ],
    )
    files.write_csv(
        args.tables / "errors.csv",
        ["kind", "roll_over", *(f"seed_{seed}" for seed in seeds)],
        [[kind, nines, *counts] for kind, nines, counts in table],
    )
    files.write_text(
        args.tables / "samples.md",
        samples(
            models[seeds[0]],
            data["valid"],
            vocabulary,
            (settings.prompt, settings.steps, settings.samples),
        ),
    )
    content = metrics.summarise(rows, counts, settings.stride)
    files.write_json(args.metrics, content)
    valid = content["valid"]
    print(
        f"evaluate {config.variant}: valid: last token "
        f"{valid['last_token_accuracy']:.4f}, sequences "
        f"{valid['sequence_accuracy']:.4f} (worst seed "
        f"{valid['sequence_accuracy_worst']:.4f}), counts {counts}"
    )


def last_numbers(stream: Tensor, count: int, vocabulary: Vocabulary) -> Tensor:
    """Give the last `count` numbers of a stream, and the separator after them."""
    import torch

    separator = vocabulary.tokens[SEPARATOR]
    ends = (stream == separator).nonzero()[:, 0]
    start = int(ends[-count]) + 1 if len(ends) >= count else 0
    return torch.cat([stream[start:], stream.new_tensor([separator])])


def numbers_in(stream: Tensor, tokens: int, vocabulary: Vocabulary) -> int:
    """Count the whole numbers in the first `tokens` tokens of a stream."""
    ended = int((stream[:tokens] == vocabulary.tokens[SEPARATOR]).sum())
    return ended + (tokens == len(stream))


def samples(
    model: CountingModel,
    stream: Tensor,
    vocabulary: Vocabulary,
    sizes: tuple[int, int, int],
) -> str:
    """Show the article's own test for the eye: prompts, what the network said."""
    import torch

    from stages.counting import generation

    prompt, steps, count = sizes
    drawing = torch.Generator().manual_seed(0)
    starts = torch.randint(
        len(stream) - prompt - steps + 1, (count,), generator=drawing
    )
    windows = stream[starts[:, None] + torch.arange(prompt + steps)]
    said = generation.greedy(model, windows[:, :prompt], steps)
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
