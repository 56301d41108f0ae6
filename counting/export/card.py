"""The card of a model: its limits, how good it is, how to use it, how it was made.

Its contents come from the config beside the weights, from their metrics, and from the
network itself; never from params.yaml, which may have changed since training.
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
from counting.export.onnx_step import COMPARED
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

`CountingNetwork.from_pretrained` also loads a folder or, if huggingface_hub is
installed, a repository of the hub by its name.
"""
USE_ONNX = """
With onnxruntime alone, one token at a time (the state starts as zeros, the memory of a
copy head empty):

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

Before it was written, model.onnx was compared with the PyTorch network over
{compared:,} greedy steps: it says the same tokens, and log probabilities differ by at
most {worst:.1e}.
"""
MEANING = """\
*Sequence*: the share of windows whose next tokens, decoded greedily, are all right.
*Token*: the share of tokens that are right, given those before them. It stays below 1
even where every sequence is right: nothing has been read before the first tokens of a
window, so they cannot be predicted.
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


def card(folder: Path, seed: int, path: Path, worst: float | None) -> str:
    """Write the card.

    Args:
        folder: with the variant's weights.
        seed: the exported one.
        path: metrics of the variant; the file may be missing.
        worst: difference of log probabilities of model.onnx; None without that file.
    """
    speaker = Speaker(folder, seed)
    config, tried = speaker.config, example(speaker)
    found = metrics.load(path) if path.is_file() else None
    steps = len(tried.said.split())
    words = " ".join(tried.words)
    # in the folder, digits are spelled in English
    typed = tried.typed if variants.language(config) == "en" else words
    use = USE.format(prompt=typed, steps=steps, said=tried.said)
    if worst is not None:
        use += USE_ONNX.format(words=words, steps=steps, compared=COMPARED, worst=worst)
    name, head = config.variant, commit()
    return "\n".join(
        [
            front(config, found),
            f"# {name}, seed {seed}: a recurrent network that counts in words\n",
            limits(speaker, tried, found),
            scores(name, found),
            use,
            origin(speaker, head),
            CITATION.format(name=name, seed=seed, commit=head).lstrip(),
        ]
    )


def front(config: Config, found: Mapping[str, Any] | None) -> str:
    """Give the front matter, which the hub reads."""
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
        valid = found["valid"]
        values = [
            {"type": "accuracy", "name": f"{key} (mean of seeds)", "value": valid[key]}
            for key in ACCURACIES
        ]
        result = {
            "task": {"type": "text-generation", "name": "counting in words"},
            "dataset": {"type": "human-numbers", "name": "valid, held out"},
            "metrics": values,
        }
        content["model-index"] = [{"name": config.variant, "results": [result]}]
    return f"---\n{yaml.safe_dump(content, sort_keys=False)}---\n"


def limits(speaker: Speaker, tried: Example, found: Mapping[str, Any] | None) -> str:
    """Say what the network was taught, what it must be given, and what it cannot do."""
    trained, words = speaker.config.trained_on, " ".join(speaker.words)
    taught = "What it was taught is unknown: an older version stored its weights."
    if trained and trained.texts == params.NUMBERS:
        first, last = trained.numbers
        taught = f"It was taught the numbers {first:,} to {last:,} in words, in order."
    elif trained:
        taught = f"It was taught the text `{trained.texts}`."
    if trained and trained.recipe.get("recombine"):
        taught += (
            " It also read windows made from that text, in which some phrases are "
            "replaced by others."
        )
    lines = [taught]
    advice = f"Give it {prompt.LEAD_IN + 1} numbers in a row to go on from."
    if found:
        key = metrics.ONE_GIVEN
        advice += (
            f" Given one number only, it says the next ten rightly from "
            f"{found['train'][key]:.1%} of the numbers in train and "
            f"{found['valid'][key]:.1%} of those in valid."
        )
    lines.append(advice)
    lines.append(f"It knows {len(speaker.words)} words, and no other: `{words}`.")
    most = truth.largest(speaker.words, variants.language(speaker.config))
    if most:
        lines.append(f"The largest number that these words can say is {most:,}.")
    lines += [tried.habit, "Other seeds of the same recipe count less far, or farther."]
    return "\n".join(["## Limits\n", *(f"- {line}" for line in lines), ""])


def scores(variant: str, found: Mapping[str, Any] | None) -> str:
    """Lay out the metrics in a table, as means over all seeds of the variant."""
    if found is None:
        again = f"`dvc repro evaluate@{variant}` makes them"
        return f"## How good\n\nThere were no metrics when this was written; {again}.\n"
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
        f"## How good\n\nMeans over {found.get('seeds', 'all')} seeds, the worst "
        "one in brackets; `valid` is held-out text, and rows below it are of larger "
        f"numbers.\n\n{text}\n\n{MEANING}"
    )


def origin(speaker: Speaker, head: str) -> str:
    """Describe the network, and how it was trained."""
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
    """Name the commit that is checked out, and say if files were changed since."""
    try:
        head, changed = git("rev-parse", "HEAD"), git("status", "--porcelain")
    except InputError:
        return "unknown"
    return head.strip() + (" with changes" if changed.strip() else "")
