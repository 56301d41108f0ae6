"""A copy head: say a word of one's own, one read before, or what stands in for it.

A pointer-generator (See, Liu and Manning 2017, after Vinyals et al. 2015) over the last
M tokens, with one addition: a table that may put another token in place of the one
copied, so that what is learnt of "eight, nine" in one place can be said in another.

    a   = softmax over j of q_i . k_j,  i - M <= j < i    where did I stand like this?
    c   = sum over j of a_j onehot(x_{j+1})               what came next there
    p   = g_1 softmax(o) + g_2 c + g_3 c S                own word, copy, substitute

`CopyHead` says it in PyTorch's operations, for autograd; pointing.py does the same by
hand, and a test compares them.

Sizes: B windows, T tokens, V vocabulary, H hidden, M memory; P, T and those before.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Memory = tuple[Tensor, Tensor]  # keys (B, P, H) and their tokens (B, P), P <= M

FLOOR = 1e-8  # added to a probability before its logarithm
SHARPNESS = 4.0  # of the table: how fast it makes up its mind
NEVER = -1e9  # a score that no softmax lets through


class CopyHead(nn.Module):
    """What a copy head has beside the projection of the states: the table S.

    The projection gives a state's V logits, query, key and three gates side by side.
    In training, bptt.py shuts copying at a share `dropout` of the positions, so that
    the state goes on knowing by itself what it could also look up.
    """

    def __init__(
        self, vocabulary_size: int, hidden_size: int, memory: int, dropout: float
    ) -> None:
        super().__init__()
        self.sizes = [vocabulary_size, hidden_size, hidden_size, 3]
        self.memory, self.dropout = memory, dropout
        self.S = nn.Parameter(torch.zeros(vocabulary_size, vocabulary_size))

    def forward(
        self,
        projected: Tensor,
        tokens: Tensor,
        memory: Memory | None = None,
        shut: Tensor | None = None,
    ) -> tuple[Tensor, Memory]:
        """Mix the three ways of saying a token.

        Args:
            projected: (B, T, V + 2 H + 3), of the states.
            tokens: (B, T) int64, what was read.
            memory: keys and tokens of the positions before, if there were any.
            shut: (B, T) bool, where nothing may be copied.

        Returns:
            Log probabilities (B, T, V), which serve as logits, and the memory.
        """
        V, H = self.sizes[:2]
        logits, query, key, gates = projected.split(self.sizes, -1)
        if memory is not None:
            key = torch.cat([memory[0], key], 1)  # (B, P, H)
            tokens = torch.cat([memory[1], tokens], 1)  # (B, P)
        P = tokens.shape[1]
        following = torch.cat([tokens[:, 1:], tokens[:, -1:]], 1)  # (B, P)
        i, j = torch.arange(P - query.shape[1], P)[:, None], torch.arange(P)
        far = (j >= i) | (j < i - self.memory)  # (T, P)
        scores = torch.bmm(query * H**-0.5, key.transpose(1, 2))
        attention = scores.masked_fill(far, NEVER).softmax(-1)  # (B, T, P)
        copied = torch.bmm(attention, F.one_hot(following, V).to(key.dtype))
        substituted = copied @ (SHARPNESS * self.S).softmax(-1)  # (B, T, V)
        alone = far.all(-1).expand(gates.shape[:-1])  # nothing came before
        if shut is not None:
            alone = alone | shut
        alone = alone.unsqueeze(-1) & torch.tensor([False, True, True])
        own, copy, substitute = gates.masked_fill(alone, NEVER).softmax(-1).split(1, -1)
        p = own * logits.softmax(-1) + copy * copied + substitute * substituted
        # xlogy, since torch.log takes MKL's vector functions, whose bits differ by CPU
        log_p = torch.xlogy(torch.ones(()), p + FLOOR)
        return log_p, (key[:, -self.memory :], tokens[:, -self.memory :])
