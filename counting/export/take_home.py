"""Load the network in the folder of this file, and let it count."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import load_file

from counting.networks.network import Network

try:
    from huggingface_hub import PyTorchModelHubMixin
except ImportError:

    class PyTorchModelHubMixin:  # type: ignore[no-redef]
        """Loads from a folder alone, since huggingface_hub is not installed."""

        @classmethod
        def from_pretrained(cls, folder: Path | str) -> CountingNetwork:
            """Load the network in a folder, in evaluation mode."""
            return load(folder)


HERE = Path(__file__).parent
ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


class CountingNetwork(Network, PyTorchModelHubMixin):  # type: ignore[misc]
    """The network with its vocabulary; `from_pretrained` loads it from a folder.

    It turns tokens (B, T) int64 into log probabilities (B, T, V) and a state.

    Args:
        model: the settings under `model` in config.json.
        vocabulary: the words; the index of a word is its token.
    """

    def __init__(self, model: dict[str, Any], vocabulary: list[str]) -> None:
        section: Any = json.loads(
            json.dumps(model), object_hook=lambda part: SimpleNamespace(**part)
        )
        super().__init__(section, len(vocabulary))
        self.vocabulary = vocabulary


def load(folder: Path | str = HERE) -> CountingNetwork:
    """Load the network in a folder, in evaluation mode."""
    text = (Path(folder) / "config.json").read_text(encoding="utf-8")
    config = json.loads(text)
    network = CountingNetwork(config["model"], config["vocabulary"])
    network.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    return network.eval()


def spell(number: int) -> list[str]:
    """Spell 1 to 999,999 in English, as the training text does; 0 gives no words."""
    if number >= 1000:
        return [*spell(number // 1000), "thousand", *spell(number % 1000)]
    if number >= 100:
        return [ONES[number // 100 - 1], "hundred", *spell(number % 100)]
    if number >= 20:
        return [TENS[number // 10 - 2], *spell(number % 10)]
    return ONES[number - 1 : number] if number else []


def read(text: str, vocabulary: list[str]) -> list[str]:
    """Turn a text into known words; numbers in digits are spelled in English.

    Raises:
        ValueError: a word is not known; the message lists those that are.
    """
    text = re.sub(
        r"(?<!\d)\d{1,3}(,\d{3})+(?!\d)", lambda n: n[0].replace(",", ""), text
    )
    words: list[str] = []
    for typed in text.replace(",", " , ").split():
        if typed in vocabulary:
            words.append(typed)
        elif re.fullmatch("[1-9][0-9]{0,5}", typed):
            words += spell(int(typed))
        else:
            parts = typed.lower().split("-")
            words += [part for part in parts if part != "and" or part in vocabulary]
    for word in words:
        if word not in vocabulary:
            raise ValueError(
                f"{word!r} in {text!r} is not one of its words (digits are spelled in "
                f"English): {' '.join(vocabulary)}"
            )
    return words or vocabulary[:1]


@torch.inference_mode()
def generate(text: str, steps: int = 40, folder: Path | str = HERE) -> str:
    """Go on greedily from a text, which should end with a comma.

    Args:
        text: such as "9097, 9098," or the same in words.
        steps: number of words to say.
        folder: with the network.

    Raises:
        ValueError: a word of the text is not known; the message lists those that are.
    """
    network = load(folder)
    words = network.vocabulary
    given = [words.index(word) for word in read(text, words)]
    tokens, state, said = torch.tensor([given]), None, []  # (1, T)
    for _ in range(steps):
        log_p, state = network(tokens, state)  # (1, T, V)
        tokens = log_p[:, -1:].argmax(-1)  # (1, 1)
        said.append(words[int(tokens)])
    return " ".join(said)


if __name__ == "__main__":
    print(generate(" ".join(sys.argv[1:])))
