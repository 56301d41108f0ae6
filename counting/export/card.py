"""The card of a model: what it is, how good it is, where it fails, how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from counting.base import files, params
from counting.base.checkpoint import Config
from counting.base.errors import InputError
from counting.speaking import truth
from counting.speaking.prompt import language, to_words
from counting.speaking.speaker import Speaker
from counting.text.vocabulary import SEPARATOR

LEFT_ALONE = 20_000  # tokens that the network may say before we stop listening

USE = """\
## Use

With torch and safetensors, in this folder:

```python
from modeling_counting import generate, load

print(generate("{prompt}", steps=40))
network = load()  # tokens (B, T) to log probabilities (B, T, V) and a state
```
"""
USE_ONNX = """
With onnxruntime alone, a token at a time (the state starts as zeros; what a copy head
remembers starts empty):

```python
import json
import numpy as np
import onnxruntime

words = list(json.load(open("vocab.json", encoding="utf-8")))
network = onnxruntime.InferenceSession("model.onnx")
_, *inputs = network.get_inputs()
state = {{
    i.name: np.zeros(
        [size if isinstance(size, int) else 0 for size in i.shape],
        np.int64 if "int64" in i.type else np.float32,
    )
    for i in inputs
}}
text = "{prompt}".split()
for step in range(len(text) + 40 - 1):
    token = np.array([[words.index(text[step])]])
    log_p, *after = network.run(None, {{"token": token, **state}})
    state = dict(zip(state, after))
    if step == len(text) - 1:
        text.append(words[log_p.argmax()])
print(" ".join(text))
```

Compared with the definition over {steps:,} greedy steps before it was written: the same
tokens, log probabilities at most {worst:.1e} apart.
"""


def card(folder: Path, seed: int, metrics: Path, onnx: tuple[int, float] | None) -> str:
    """Write the card.

    Args:
        folder: of the variant's weights.
        seed: the one that is exported.
        metrics: of the variant, which may be missing.
        onnx: steps compared, and the largest difference; None without such a file.
    """
    speaker = Speaker(folder, seed)
    config = speaker.config
    prompt, habit = left_alone(speaker)
    parts = [
        front(config),
        f"# {config.variant}, seed {seed}: a recurrent network that counts in words\n",
        describe(speaker),
        "## How good\n\n" + scores(metrics, config),
        "## Limits\n\n" + habit,
        "- It knows its words and nothing else: " + " ".join(speaker.words) + "\n",
        "- Other seeds of the same recipe differ; see the worst one above.\n",
        "\n" + USE.format(prompt=prompt),
    ]
    if onnx:
        parts.append(USE_ONNX.format(prompt=prompt, steps=onnx[0], worst=onnx[1]))
    return "\n".join(parts[:4]) + "\n" + "".join(parts[4:])


def front(config: Config) -> str:
    """Give what the hub reads."""
    lines = ["license: mit", f"language: {language()}", "library_name: pytorch"]
    tags = f"tags: [counting, recurrent, {config.model.recurrence}]"
    return "\n".join(["---", *lines, tags, "---", ""])


def describe(speaker: Speaker) -> str:
    """Say what the network is, and what it has read."""
    model, tensors = speaker.config.model, speaker.inference.weights.tensors
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    size = sum(t.size for name, t in tensors.items() if not name.endswith(statistics))
    head = "copy" if model.copy_head else "linear"
    activation = f" ({model.activation})" if model.activation else ""
    text = (
        f"Recurrence: {model.recurrence}{activation}, {model.hidden_size} hidden "
        f"units, {head} head, {size:,} parameters, {len(speaker.words)} words. "
        f"It reads numbers in words, with `{SEPARATOR}` between them, and says the "
        "next word.\n"
    )
    if not params.PATH.is_file():
        return text
    settings = params.load()
    spell, recipe = settings.spell, settings.recipes.get(model.recipe)
    (first, last), valid = spell.train, spell.valid
    if recipe and recipe.recombine:
        text += (
            "\nIt was trained on windows, too, that were made from its training text "
            "by putting some of its words where they never stood.\n"
        )
    return text + (
        f"\nTrained on the numbers {first:,} to {last:,} in words; judged on "
        f"{valid[0]:,} to {valid[1]:,}, none of which stands in that text.\n"
    )


def scores(path: Path, config: Config) -> str:
    """Lay out the metrics, as means over all seeds, not over this one alone."""
    again = f"`dvc repro evaluate@{config.variant}` makes them"
    if not path.is_file():
        return f"No metrics were there when this card was written; {again}.\n"
    content: Any = files.read_json(path, again)
    try:
        streams = {name: content[name] for name in ("train", "valid")}
        rows = table(streams | content["beyond"])
        counts = content["count_further"]
        return (
            f"Means over {content['seeds']} seeds, the worst one in brackets. "
            "*Sequence*: the share of windows whose next tokens, decoded greedily, are "
            "all right (20 of them, but for another `evaluate.steps` in params.yaml). "
            "*Token*: the share of tokens that are right, the ones before them "
            "given.\n\n"
            f"{rows}\nLeft alone after the training numbers, a network counts "
            f"{counts['median']:,} numbers right (median over the seeds; worst "
            f"{counts['worst']:,}).\n"
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return f"The metrics could not be read when this card was written; {again}.\n"


def table(streams: Mapping[str, Mapping[str, float]]) -> str:
    """Give a row a stream."""
    lines = ["| stream | sequence | token |", "|---|---|---|"]
    for name, found in streams.items():
        cells = [
            f"{found[key]:.4f} ({found[f'{key}_worst']:.4f})" if key in found else ""
            for key in ("sequence_accuracy", "token_accuracy")
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def left_alone(speaker: Speaker) -> tuple[str, str]:
    """Let the very network that is exported count on from its training numbers.

    Returns:
        A prompt to try, and a line on where it fails.
    """
    spoken, last = language(), 0
    try:
        last = params.load().spell.train[1] if params.PATH.is_file() else 8000
        given = [str(number) for number in range(max(1, last - 2), last + 1)]
        words = to_words(", ".join([*given, ""]), speaker.tokens, spoken)
        speaker.read(words)
        steps = [*speaker.go_on(LEFT_ALONE, truth.after(words, spoken))]
    except InputError:  # texts of one's own need not be numbers
        return speaker.words[
            1
        ], "- Where it fails was not tried: its text is its own.\n"
    prompt, end = " ".join(words), steps[-1]
    numbers = sum(step.said.word == SEPARATOR for step in steps if step.is_right)
    if end.is_right:
        return prompt, f"- No error in {len(steps):,} tokens from {last + 1:,} on.\n"
    return prompt, (
        f"- Given {' , '.join(given)} , and left alone, this seed counts {numbers:,} "
        f"numbers right. In {last + numbers + 1:,} it says `{end.said.word}` where "
        f"`{end.expected}` belongs.\n"
    )
