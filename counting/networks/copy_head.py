"""A copy head: say a word of the network's own, a word read before, or a substitute.

A pointer-generator (See, Liu and Manning 2017, after Vinyals et al. 2015) over the last
`reach` positions, with one addition: a learnt table of substitutes for the token that
is copied, so that "nine" after "eight" can be learnt in one place and said in another.

    a   = softmax over j of q_i . k_j,  i - reach <= j < i  which state was like this?
    c   = sum over j of a_j onehot(x_{j+1})                 the token that came next
    p   = g_1 softmax(o) + g_2 c + g_3 c softmax(S)         own word, copy, substitute

Here x_j is the token at position j. The logits o, queries q, keys k and gates g are
what a state is projected to; g is a softmax of three values. S is multiplied by
`sharpness`, and its softmax is by rows.

Sizes: B windows, T tokens, V vocabulary, H hidden, K positions: T and those before.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Memory = tuple[Tensor, Tensor]  # keys (B, up to reach, H) and their tokens

FLOOR = 1e-8  # added to a probability before its logarithm
NEVER = -1e9  # a score whose softmax is 0


class Ways(NamedTuple):
    """The three ways of saying a token, and how they are mixed."""

    gates: Tensor  # (B, T, 3), before their softmax
    own: Tensor  # (B, T, V), probabilities, as are the next two
    copied: Tensor  # (B, T, V)
    substituted: Tensor  # (B, T, V)
    attention: Tensor  # (B, T, K), the weight of position j is for the token after it

    def mix(self) -> Tensor:
        """Give the log probabilities (B, T, V) of their mixture."""
        own, copy, substitute = self.gates.softmax(-1).split(1, -1)  # (B, T, 1) each
        p = own * self.own + copy * self.copied + substitute * self.substituted
        return torch.log((p + FLOOR) / (1 + p.shape[-1] * FLOOR))


class CopyHead(nn.Module):
    """The table S of substitutes, and the mixture.

    The linear layer before it projects a state to V logits, a query, a key and three
    gates, side by side.

    Args:
        vocabulary_size: V.
        hidden_size: H, of queries and keys.
        reach: positions that can be copied from.
        sharpness: S is multiplied by it; a larger one learns substitutes faster.
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
        """Find the three ways of saying the next token.

        Args:
            projected: (B, T, V + 2 H + 3), the projected states.
            tokens: (B, T) int64, those that can be copied.
            memory: keys and tokens of the positions before; None if there are none.
            no_copy: (B, T) bool, positions that may not copy, in training.

        Returns:
            The ways, to be mixed, and the memory after the last token.
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
        # the second mask is for a first position: its softmax is over nothing but NEVER
        attention = scores.masked_fill(far, NEVER).softmax(-1).masked_fill(far, 0)
        following = F.one_hot(tokens.roll(-1, 1), V).to(key.dtype)  # (B, K, V)
        copied = attention @ following  # (B, T, V)
        substituted = copied @ (self.sharpness * self.S).softmax(-1)
        shut = far.all(-1).expand(gates.shape[:-1])  # (B, T): nothing came before
        if no_copy is not None:
            shut = shut | no_copy
        gates = torch.cat(
            [gates[..., :1], gates[..., 1:].masked_fill(shut.unsqueeze(-1), NEVER)], -1
        )
        ways = Ways(gates, logits.softmax(-1), copied, substituted, attention)
        return ways, (key[:, -self.reach :], tokens[:, -self.reach :])
