"""The article's claims, and when one may be shown beside our result.

"Understanding RNNs by example: training your PyTorch model to count" claims of the
71st token an accuracy a little over 50 % for the loop and the RNN, and 95 % for the
GRU. Of the GRU's sequences of 20 tokens, decoded greedily after a prompt of 20, it
claims that 80 % are right on train and 45 % on valid, judged by a few samples.
"""

from __future__ import annotations

from counting.base.params import Params

LAST = "last_token_accuracy"
CLAIMS = {
    "loop": {("train", LAST): 0.50},
    "rnn": {("train", LAST): 0.50},
    "gru": {
        ("train", LAST): 0.95,
        ("train", "sequence_accuracy"): 0.80,
        ("valid", "sequence_accuracy"): 0.45,
    },
}
SPELL = {"language": "en", "train": [1, 8000], "valid": [8001, 9999]}
EVALUATE = {"window": 70, "prompt": 20, "steps": 20}
MODEL = {"hidden_size": 64, "copy_head": None}
RECIPE = {
    "sampling": "rows", "epochs": 10, "bptt": 70, "optimizer": "adam",
    "warm_up": None, "clip_norm": None,
}  # fmt: skip


def claims(settings: Params, variant: str) -> dict[tuple[str, str], float]:
    """Give the article's claims by stream and metric, if the settings are its own.

    Other numbers, windows, networks or recipes have none, whatever a variant is called.
    """
    model, recipe = settings.variant(variant)
    compared = (
        (settings.spell, SPELL), (settings.evaluate, EVALUATE),
        (model, MODEL), (recipe, RECIPE),
    )  # fmt: skip
    for section, wanted in compared:
        if any(getattr(section, key) != value for key, value in wanted.items()):
            return {}
    return CLAIMS.get(model.recurrence, {})
