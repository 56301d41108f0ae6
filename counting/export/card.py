"""The card of a model: its limits, how good it is, how to use it, how it was made.

What it says comes from what lies beside the weights, from their metrics, and from the
network itself; never from params.yaml, which may say something else by now.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from counting.base import parameters, params
from counting.base.checkpoint import Config
from counting.base.errors import InputError
from counting.evaluation import metrics
from counting.export.example import Example, example
from counting.running.repository import git
from counting.speaking import prompt, truth, variants
from counting.speaking.speaker import Speaker

ACCURACIES = ("sequence_accuracy", "token_accuracy")

USE = """\
## Use

With torch and safetensors, in this folder:

```python
from modeling_counting import generate, load

print(generate("{prompt}", steps={steps}))  # {said}
network = load()  # tokens (B, T) to log probabilities (B, T, V) and a state
```

`CountingNetwork.from_pretrained` loads a folder as well and, where huggingface_hub is
installed, a repository of the hub by its name.
"""
USE_ONNX = """
With onnxruntime alone, a token at a time (the state starts as zeros; what a copy head
remembers starts empty):

```python
import json
import numpy as np
import onnxruntime

words = json.load(open("config.json", encoding="utf-8"))["vocabulary"]
network = onnxruntime.InferenceSession("model.onnx")
_, *inputs = network.get_inputs()
state = {{
    i.name: np.zeros(
        [size if isinstance(size, int) else 0 for size in i.shape],
        np.int64 if "int64" in i.type else np.float32,
    )
    for i in inputs
}}
text = "{words}".split()
for step in range(len(text) + {steps} - 1):
    token = np.array([[words.index(text[step])]])
    log_p, *after = network.run(None, {{"token": token, **state}})
    state = dict(zip(state, after))
    if step == len(text) - 1:
        text.append(words[log_p.argmax()])
print(" ".join(text[-{steps}:]))
```

Compared with the definition over {compared:,} greedy steps before it was written: the
same tokens, log probabilities at most {worst:.1e} apart.
"""
MEANING = """\
*Sequence*: the share of windows whose next tokens, decoded greedily, are all right.
*Token*: the share of tokens that are right, given those before them. It stays below 1
even where every sequence is right: what a window begins with cannot be known from
anything before it.
"""
CITATION = """
## Cite

```bibtex
@misc{{counting_{name},
  title = {{{name}, seed {seed}: a recurrent network that counts in words}},
  note = {{commit {commit}; after the article "Understanding RNNs by example: training
    your PyTorch model to count"}}
}}
```
"""


def card(folder: Path, seed: int, path: Path, onnx: tuple[int, float] | None) -> str:
    """Write the card.

    Args:
        folder: of the variant's weights.
        seed: the one that is exported.
        path: metrics of the variant, which may be missing.
        onnx: steps compared, and the largest difference; None without such a file.
    """
    speaker = Speaker(folder, seed)
    config, tried = speaker.config, example(speaker)
    found = metrics.load(path) if path.is_file() else None
    steps = len(tried.said.split())
    use = USE.format(prompt=tried.typed, steps=steps, said=tried.said)
    if onnx:
        words = " ".join(tried.words)
        use += USE_ONNX.format(
            words=words, steps=steps, compared=onnx[0], worst=onnx[1]
        )
    name, head = config.variant, commit()
    return "\n".join(
        [
            front(config, found),
            f"# {name}, seed {seed}: a recurrent network that counts in words\n",
            limits(speaker, tried, found),
            scores(found, f"`dvc repro evaluate@{name}` makes them"),
            use,
            origin(speaker, head),
            CITATION.format(name=name, seed=seed, commit=head).lstrip(),
        ]
    )


def front(config: Config, found: Mapping[str, Any] | None) -> str:
    """Give what the hub reads."""
    trained = config.trained_on
    content: dict[str, Any] = {
        "license": "mit",
        "library_name": "pytorch",
        "pipeline_tag": "text-generation",
        "tags": ["counting", "recurrent", config.model.recurrence],
    }
    if trained and trained.texts == params.NUMBERS:
        content |= {"language": trained.language, "datasets": ["human-numbers"]}
    if found:
        values = [
            {"type": "accuracy", "name": f"{key} (mean of seeds)", "value": value}
            for key in ACCURACIES
            for value in [found["valid"][key]]
        ]
        result = {
            "task": {"type": "text-generation", "name": "counting in words"},
            "dataset": {"type": "human-numbers", "name": "valid, held out"},
            "metrics": values,
        }
        content["model-index"] = [{"name": config.variant, "results": [result]}]
    return f"---\n{yaml.safe_dump(content, sort_keys=False)}---\n"


def limits(speaker: Speaker, tried: Example, found: Mapping[str, Any] | None) -> str:
    """Say what it needs to read, what it was taught, and what it cannot say."""
    trained, words = speaker.config.trained_on, " ".join(speaker.words)
    taught = "What it was taught is not known: its weights are of an older version."
    if trained and trained.texts == params.NUMBERS:
        first, last = trained.numbers
        taught = f"It was taught the numbers {first:,} to {last:,} in words, in order."
    elif trained:
        taught = f"It was taught a text of its owner's, {trained.texts}."
    if trained and trained.recipe.get("recombine"):
        taught += (
            " And text made from that: windows in which some words stand where they "
            "do not stand in it."
        )
    lines = [taught]
    advice = f"Give it {prompt.LEAD_IN + 1} numbers in a row to go on from."
    if found:
        key = metrics.ONE_GIVEN
        advice += (
            f" From one alone the next ten are right after {found['train'][key]:.1%} "
            f"of the starts in train, and {found['valid'][key]:.1%} in valid."
        )
    lines.append(advice)
    lines.append(f"It has {len(speaker.words)} words, and no other: `{words}`.")
    most = truth.largest(speaker.words, variants.language(speaker.config))
    if most:
        lines.append(f"The last number that these words can say is {most:,}.")
    lines += [tried.habit, "Other seeds of the same recipe differ."]
    return "\n".join(["## Limits\n", *(f"- {line}" for line in lines), ""])


def scores(found: Mapping[str, Any] | None, again: str) -> str:
    """Lay out the metrics, as means over all seeds, not over this one alone."""
    if found is None:
        return f"## How good\n\nNo metrics were there when this was written; {again}.\n"
    rows = ["| stream | sequence | token |", "|---|---|---|"]
    streams = {name: found[name] for name in ("train", "valid")}
    for name, values in (streams | found.get("beyond", {})).items():
        cells = [
            f"{values[key]:.4f} ({values[f'{key}_worst']:.4f})" if key in values else ""
            for key in ACCURACIES
        ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    text = "\n".join(rows)
    return (
        f"## How good\n\nMeans over {found.get('seeds', 'all')} seeds, the worst one "
        f"in brackets; `valid` is text that was held out.\n\n{text}\n\n{MEANING}"
    )


def origin(speaker: Speaker, head: str) -> str:
    """Say what the network is, and how it was made."""
    model, trained = speaker.config.model, speaker.config.trained_on
    tensors = parameters.tensors(model, len(speaker.words)).values()
    size = sum(math.prod(tensor.shape) for tensor in tensors if tensor.learned)
    text = (
        f"## How it was made\n\nRecurrence {model.recurrence}, {model.hidden_size} "
        f"hidden units, {'copy' if model.copy_head else 'linear'} head, {size:,} "
        "parameters; "
        f"recipe `{model.recipe}`, batches of {model.batch_size}, learning rate "
        f"{model.learning_rate}; exported at commit {head}.\n"
    )
    if trained is None:
        return text
    recipe = yaml.safe_dump({"engine": trained.engine, **trained.recipe})
    return f"{text}\n```yaml\n{recipe}```\n"


def commit() -> str:
    """Name the commit that is checked out, and whether anything was changed since."""
    try:
        head, changed = git("rev-parse", "HEAD"), git("status", "--porcelain")
    except InputError:
        return "unknown"
    return head.strip() + (" with changes" if changed.strip() else "")
