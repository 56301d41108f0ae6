"""A copy head: say a word of one's own, one read before, or what stands in for it.

A pointer-generator (See, Liu and Manning 2017, after Vinyals et al. 2015) over the last
`reach` positions, with one addition: a table that may put another token in place of the
one copied, so that what is learnt of "eight, nine" in one place can be said in another.

    a   = softmax over j of q_i . k_j,  i - reach <= j < i  where did I stand like this?
    c   = sum over j of a_j onehot(x_{j+1})                 what came next there
    p   = g_1 softmax(o) + g_2 c + g_3 c S                  own word, copy, substitute

Sizes: B windows, T tokens, V vocabulary, H hidden; K, T and the positions before.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Memory = tuple[Tensor, Tensor]  # keys (B, up to reach, H) and their tokens

FLOOR = 1e-8  # added to a probability before its logarithm
NEVER = -1e9  # a score that no softmax lets through


class Ways(NamedTuple):
    """The three ways of saying a token, the scores of their gates, and what is read."""

    gates: Tensor  # (B, T, 3)
    own: Tensor  # (B, T, V), probabilities, as are the next two
    copied: Tensor  # (B, T, V)
    substituted: Tensor  # (B, T, V)
    attention: Tensor  # (B, T, K), of each position: on the token after it

    def mix(self) -> Tensor:
        """Give the log probabilities (B, T, V) of all three together."""
        own, copy, substitute = self.gates.softmax(-1).split(1, -1)  # (B, T, 1) each
        p = own * self.own + copy * self.copied + substitute * self.substituted
        return torch.log((p + FLOOR) / (1 + p.shape[-1] * FLOOR))


class CopyHead(nn.Module):
    """What a copy head has beside the projection of the states: the table S.

    The projection gives a state's V logits, query, key and three gates side by side.

    Args:
        vocabulary_size: V.
        hidden_size: H, of queries and keys.
        reach: positions that can be copied from.
        sharpness: of the table, how fast it makes up its mind.
    """

    def __init__(
        self, vocabulary_size: int, hidden_size: int, reach: int, sharpness: float
    ) -> None:
        super().__init__()
        self.sizes = [vocabulary_size, hidden_size, hidden_size, 3]
        self.reach, self.sharpness = reach, sharpness
        self.S = nn.Parameter(torch.zeros(vocabulary_size, vocabulary_size))

    def forward(
        self,
        projected: Tensor,
        tokens: Tensor,
        memory: Memory | None = None,
        no_copy: Tensor | None = None,
    ) -> tuple[Ways, Memory]:
        """Find the three ways of saying a token.

        Args:
            projected: (B, T, V + 2 H + 3), of the states.
            tokens: (B, T) int64, what was read.
            memory: keys and tokens of the positions before, if there were any.
            no_copy: (B, T) bool, positions that may not copy, in training.

        Returns:
            The ways, to be mixed, and the memory.
        """
        V, H = self.sizes[:2]
        logits, query, key, gates = projected.split(self.sizes, -1)
        if memory is not None:
            key = torch.cat([memory[0], key], 1)  # (B, K, H)
            tokens = torch.cat([memory[1], tokens], 1)  # (B, K)
        K, device = tokens.shape[1], tokens.device
        i = torch.arange(K - query.shape[1], K, device=device)[:, None]
        j = torch.arange(K, device=device)
        far = (j >= i) | (j < i - self.reach)  # (T, K)
        scores = query * H**-0.5 @ key.transpose(1, 2)  # (B, T, K)
        attention = scores.masked_fill(far, NEVER).softmax(-1).masked_fill(far, 0)
        following = F.one_hot(tokens.roll(-1, 1), V).to(key.dtype)  # (B, K, V)
        copied = attention @ following  # (B, T, V)
        substituted = copied @ (self.sharpness * self.S).softmax(-1)
        alone = far.all(-1).expand(gates.shape[:-1])  # (B, T): nothing came before
        if no_copy is not None:
            alone = alone | no_copy
        gates = torch.cat(
            [gates[..., :1], gates[..., 1:].masked_fill(alone.unsqueeze(-1), NEVER)], -1
        )
        ways = Ways(gates, logits.softmax(-1), copied, substituted, attention)
        return ways, (key[:, -self.reach :], tokens[:, -self.reach :])
