"""Small networks of every kind, which no parameter of a user's changes."""

from __future__ import annotations

from typing import Any

import torch

from counting.base.models import Model, Recipe
from counting.networks import Network

KINDS = ["loop relu", "loop tanh", "rnn relu", "rnn tanh", "gru", "lstm"]
HEADS = ["linear", "copy"]
V = 11
COPY = {"reach": 4, "sharpness": 3.0, "no_copy": 0.2}


def model(kind: str, head: str = "linear", **more: Any) -> Model:
    """A variant such as "rnn tanh" with a head; small unless `more` says otherwise."""
    recurrence, _, activation = kind.partition(" ")
    return Model.model_validate(
        {
            "recurrence": recurrence,
            "activation": activation or None,
            "hidden_size": 5,
            "copy_head": COPY if head == "copy" else None,
            "recipe": "any",
            "batch_size": 3,
            "learning_rate": 0.01,
        }
        | more
    )


def network(config: Model, vocabulary_size: int = V) -> Network:
    """A network with statistics and scales that are not those of a new one."""
    torch.manual_seed(0)
    found = Network(config, vocabulary_size)
    with torch.no_grad():
        found.bn.weight.uniform_(0.5, 1.5)
        found.bn.bias.uniform_(-0.5, 0.5)
        for name, statistic in found.bn.named_buffers():
            if name == "running_mean":
                statistic.uniform_(-0.5, 0.5)
            if name == "running_var":
                statistic.uniform_(0.5, 2)
        if found.copying is not None:
            found.copying.S.uniform_(-0.5, 0.5)
    return found


def recipe(**more: Any) -> Recipe:
    """A recipe of some steps on windows of ten tokens."""
    known = {"sampling": "windows", "steps": 20, "bptt": 10, "optimizer": "adam"}
    return Recipe.model_validate(known | more)
