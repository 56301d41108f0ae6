"""Load the network that lies beside this file, and let it count."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import load_file

from counting.networks.network import Network

HERE = Path(__file__).parent


def load(folder: Path | str = HERE) -> Network:
    """Load the network of a folder, in evaluation mode.

    Returns:
        The module: tokens (B, T) int64 to log probabilities (B, T, V) and a state.
    """
    text = (Path(folder) / "config.json").read_text(encoding="utf-8")
    config: Any = json.loads(
        text, object_hook=lambda section: SimpleNamespace(**section)
    )
    network = Network(config.model, config.vocabulary_size)
    network.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    return network.eval()


def load_words(folder: Path | str = HERE) -> list[str]:
    """Give the words of a folder, by token."""
    text = (Path(folder) / "vocab.json").read_text(encoding="utf-8")
    tokens: dict[str, int] = json.loads(text)
    return sorted(tokens, key=lambda word: tokens[word])


@torch.inference_mode()
def generate(text: str, steps: int = 40, folder: Path | str = HERE) -> str:
    """Go on greedily from a text: words in, `steps` words out.

    Args:
        text: such as "nine thousand ninety seven , nine thousand ninety eight ,";
            nothing for the very beginning.
        steps: words to say.
        folder: of the network.

    Raises:
        ValueError: a word is unknown; it lists the known ones.
    """
    network, words = load(folder), load_words(folder)
    given = text.replace(",", " , ").split() or words[:1]
    if unknown := [word for word in given if word not in words]:
        raise ValueError(f"{unknown[0]!r} is not one of: {' '.join(words)}")
    tokens = torch.tensor([[words.index(word) for word in given]])  # (1, T)
    state, said = None, []
    for _ in range(steps):
        log_p, state = network(tokens, state)  # (1, T, V)
        tokens = log_p[:, -1:].argmax(-1)  # (1, 1)
        said.append(words[int(tokens)])
    return " ".join(said)


if __name__ == "__main__":
    print(generate(" ".join(sys.argv[1:])))
