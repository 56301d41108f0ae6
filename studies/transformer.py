"""The peer that every reader asks for: a causal transformer in the recurrence's place.

It takes embedded tokens and gives states, as a recurrent layer does, so that embedding,
head, training and judging are the same. Blocks are pre-norm (Xiong et al. 2020); their
positions are rotary (Su et al. 2021), so a state of keys and values that moves along
with the window is all that reading token by token needs.

Sizes: B windows, T tokens, K with those of the state before them, H hidden.
"""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from counting.base.section import Positive, Section

BASE = 10_000  # of the rotations: the slowest turns once in 2 pi times that


class Size(Section):
    """How large a transformer is, beside hidden_size."""

    layers: Positive
    heads: Positive  # each of an even number of hidden_size / heads units
    reach: Annotated[int, Field(ge=2)]  # positions that one attends to, its own too


class Transformer(nn.Module):
    """Blocks one after the other; called as nn.GRU(batch_first=True) is."""

    def __init__(self, hidden_size: int, size: Size) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(hidden_size, size.heads, size.reach) for _ in range(size.layers)
        )

    def forward(
        self, embedded: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give the states (B, T, H) after embedded tokens (B, T, H).

        And what to go on from: keys and values (layers, B, up to reach, 2 H).
        """
        x, ends = embedded, []
        for index, block in enumerate(self.blocks):
            x, end = block(x, None if state is None else state[index])
            ends.append(end)
        return x, torch.stack(ends)


class Block(nn.Module):
    """Attention to the last `reach` positions, then two linear layers; both added."""

    def __init__(self, hidden_size: int, heads: int, reach: int) -> None:
        super().__init__()
        H = hidden_size
        self.heads, self.reach = heads, reach
        self.norms = nn.ModuleList([nn.LayerNorm(H), nn.LayerNorm(H)])
        self.query_key_value, self.out = nn.Linear(H, 3 * H), nn.Linear(H, H)
        self.mlp = nn.Sequential(nn.Linear(H, 4 * H), nn.GELU(), nn.Linear(4 * H, H))

    def forward(self, x: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Add to x (B, T, H) what attention and the layers say of it."""
        H, T = x.shape[-1], x.shape[1]
        query, pairs = self.query_key_value(self.norms[0](x)).split([H, 2 * H], -1)
        if before is not None:
            pairs = torch.cat([before, pairs], 1)  # (B, K, 2 H)
        key, value = pairs.chunk(2, -1)
        j = torch.arange(key.shape[1], device=x.device)  # (K,)
        i = j[-T:, None]
        attended = F.scaled_dot_product_attention(
            rotated(self.split(query), i[:, 0]), rotated(self.split(key), j),
            self.split(value), attn_mask=(j <= i) & (j > i - self.reach),
        )  # fmt: skip
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norms[1](x)), pairs[:, -self.reach :]

    def split(self, x: Tensor) -> Tensor:
        """Split (B, K, H) into (B, heads, K, H / heads)."""
        parts: Tensor = x.unflatten(-1, (self.heads, -1))
        return parts.transpose(1, 2)


def rotated(x: Tensor, positions: Tensor) -> Tensor:
    """Turn each two units of x (..., K, d) by an angle that grows with the position."""
    half = x.shape[-1] // 2
    steps = torch.arange(half, dtype=x.dtype, device=x.device)
    angle = positions[:, None] * BASE ** -(steps / half)  # (K, d / 2)
    a, b = x.chunk(2, -1)
    sin, cos = angle.sin(), angle.cos()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
