"""Greedy decoding: predict the next token, append it, repeat.

The state is carried from token to token, so the prefix is never read twice.
Sizes: B prompts, P tokens given, K tokens generated, n tokens of a stream.
"""

from __future__ import annotations

import torch
from torch import Tensor

from counting.networks.network import CountingModel

CHUNK = 512  # tokens of a long stream read at once
GIVEN = 3  # numbers that `count_run` starts from


@torch.inference_mode()
def greedy(model: CountingModel, prompt: Tensor, steps: int) -> Tensor:
    """Continue prompts (B, P) int64 greedily; gives the new tokens (B, K) int64."""
    logits, hidden = model(prompt)
    said = [logits[:, -1].argmax(-1, keepdim=True)]  # (B, 1)
    while len(said) < steps:
        logits, hidden = model(said[-1], hidden)
        said.append(logits[:, -1].argmax(-1, keepdim=True))
    return torch.cat(said, dim=1)  # (B, K)


@torch.inference_mode()
def tokens_right(model: CountingModel, prompt: Tensor, truth: Tensor) -> int:
    """Count the tokens of `truth` (n,) that greedy decoding gets right from `prompt`.

    The network is left alone after the prompt. As long as it has made no error, what
    it reads back is the truth; so it reads the truth, in chunks, up to the first
    error. A second copy of the stream is read beside the first, since a batch of one
    would go to matrix-vector kernels, whose bits differ between processors.
    """
    stream = torch.cat([prompt, truth])
    hidden = None
    for start in range(0, len(stream) - 1, CHUNK):
        stop = min(start + CHUNK, len(stream) - 1)
        logits, hidden = model(stream[start:stop].expand(2, -1), hidden)
        wrong = logits[0].argmax(-1) != stream[start + 1 : stop + 1]  # (T,)
        first = max(0, len(prompt) - 1 - start)  # what the prompt predicts is no matter
        wrong[:first] = False
        if wrong.any():
            return start + 1 + int(wrong.int().argmax()) - len(prompt)
    return len(truth)


def count_run(
    model: CountingModel, before: Tensor, truth: Tensor, separator: int
) -> int:
    """Count the numbers a network, left alone, counts right before its first error.

    Args:
        model: the network, in evaluation mode.
        before: tokens (n,) int64 whose last three numbers, and the separator after
            them, are the prompt: seven thousand nine hundred ninety eight, ...
        truth: tokens (n,) int64 of the numbers that come next: eight thousand one, ...
        separator: the token between two numbers.

    Returns:
        Whole numbers right; as many as `truth` has if there was no error.
    """
    ends = (before == separator).nonzero()[:, 0]
    start = int(ends[-GIVEN]) + 1 if len(ends) >= GIVEN else 0
    prompt = torch.cat([before[start:], before.new_tensor([separator])])
    right = tokens_right(model, prompt, truth)
    ended = int((truth[:right] == separator).sum())
    return ended + (right == len(truth))
