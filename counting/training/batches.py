"""Batches of a token stream: which windows a step reads.

A window is T + 1 tokens: T inputs, and as targets the same shifted by one. A batch is
B of them, named by where they start in the stream.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from counting.base.cli import InputError
from counting.engine.compiler import Array


def windows(stream: Array, bptt: int) -> Array:
    """Give every window of a stream (n,): a view (n - bptt, bptt + 1).

    Raises:
        InputError: the stream is shorter than one window.
    """
    if len(stream) <= bptt:
        raise InputError(
            f"the stream has {len(stream)} tokens, expected at least {bptt + 1} for "
            f"one window of bptt = {bptt}; lower bptt, or widen the range in spell"
        )
    return np.lib.stride_tricks.sliding_window_view(stream, bptt + 1)


def steps_per_epoch(tokens: int, batch_size: int, bptt: int) -> int:
    """Count the batches that the article cuts from a stream of `tokens`.

    Raises:
        InputError: the stream is shorter than one batch.
    """
    steps = (tokens - 1) // batch_size // bptt
    if steps == 0:
        raise InputError(
            f"the stream has {tokens} tokens, expected at least "
            f"{batch_size * bptt + 1} for {batch_size} rows of bptt = {bptt}; "
            "lower batch_size or bptt, or widen the range in spell"
        )
    return steps


def row_starts(step: int, tokens: int, batch_size: int, bptt: int) -> Tensor:
    """Start (B,) the windows of one step where the article does.

    The stream is cut into B contiguous rows; step k of an epoch reads the k-th
    stretch of bptt tokens of each.
    """
    column = step % steps_per_epoch(tokens, batch_size, bptt)
    row = (tokens - 1) // batch_size
    return torch.arange(batch_size) * row + column * bptt


def random_starts(windows: int, batch_size: int, drawing: torch.Generator) -> Tensor:
    """Draw the starts (B,) of windows, each of the first `windows` as likely."""
    return torch.randint(windows, (batch_size,), generator=drawing)


def hard_starts(costs: Tensor, batch_size: int, drawing: torch.Generator) -> Tensor:
    """Draw the starts (B,) of windows in proportion to their costs (n,) float32."""
    return torch.multinomial(costs, batch_size, replacement=True, generator=drawing)


def window_costs(losses: Tensor, bptt: int, burn_in: int, power: float) -> Tensor:
    """Add up what the scored targets of every window still cost.

    Args:
        losses: nats per token of the stream, (n,) float32; the first is never a target.
        bptt: inputs of a window.
        burn_in: first positions of a window that are not scored.
        power: of a token's loss; 2 looks for the few that are far off.

    Returns:
        Costs (n - bptt,) float32, positive.
    """
    total = torch.zeros(len(losses) + 1, dtype=torch.float64)
    torch.cumsum(losses.double() ** power, 0, out=total[1:])
    ends = total[bptt + 1 :] - total[burn_in + 1 : len(losses) - bptt + burn_in + 1]
    return ends.clamp(min=1e-6).float()
