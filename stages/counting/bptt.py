"""A whole step of back-propagation through time, from tokens to gradients, by hand.

For networks with a linear head; with a copy head, autograd goes the same way through
the layers. The states stay in s, as recurrence.py carries them: batch norm takes no
notice of scale and shift, but for its eps.

With y = s - mean, rs = 1 / sqrt(var + eps / scale^2) and c = gamma * rs, over the N
positions that are scored:
    logits = y (W * c)' + (b + W beta),  p = softmax(logits)
    loss = mean of -log p_target,  d = (p - onehot(target)) / N
Backward:
    db = sum of d,  D = (d' y) * rs,  dW = D * gamma + db beta'
    dgamma = sum over V of W * D,  dbeta = W' db
    ds = d (W * c) - (c / N) * (dbeta + y * rs * dgamma)

Sizes: B windows, T tokens, H hidden, V vocabulary, N = (T - skip) * B.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stages.counting.layers import Layer, product, put
from stages.counting.readout import check_positions, move_statistics
from stages.counting.recurrence import Loan, Walk, add_product

LEAST = 1e-30  # of a target's probability, for a loss that is no infinity
NEVER = -1e30  # logit of what is no token


class Learnt(NamedTuple):
    """What a step tells besides the gradients, which stand in the parameters."""

    loss: Tensor  # (), in nats per token
    right: Tensor  # (T - skip, B) bool: the target is the most probable token
    ends: list[Tensor]  # the state after the last token, (1, B, H) each


def learn(
    layer: Layer,
    embedding: nn.Embedding,
    bn: nn.BatchNorm1d,
    h_o: nn.Linear,
    tokens: Tensor,
    targets: Tensor,
    state: Sequence[Tensor] = (),
    skip: int = 0,
) -> Learnt:
    """Put the gradients of the mean cross entropy in the place of the parameters' own.

    Moves the running statistics of batch norm.

    Args:
        layer: Loop, RNN, GRU or LSTM.
        embedding: (V, I).
        bn: batch norm over H, in training.
        h_o: linear layer from H to V.
        tokens: (T, B), int64.
        targets: (T - skip, B), int64.
        state: before the first token, (1, B, H) each; nothing for zeros.
        skip: the first positions, which are not scored.

    Raises:
        ValueError: there is but one position to take statistics from.
    """
    (T, B), H = tokens.shape, layer.hidden_size
    check_positions(targets.numel())
    loan = Loan(layer.walk, T, B, H, embedding.weight.dtype)
    with torch.inference_mode():
        walk, tokens, E = loan.walk, tokens.contiguous(), embedding.weight
        start = [part[0] for part in state] or [E.new_zeros(B, H)] * layer.carried
        walk.forward(
            layer.input_side(E), tokens, layer.weight_hh, layer.bias_inside, *start
        )
        head = Head(walk, bn, h_o, targets.flatten(), skip)
        dx, dW, db, _ = walk.backward(head.above)
        put(embedding.weight, layer.put_gradients(E, dx, dW, db))
        ends = walk.end()
    ends = [part.clone().unsqueeze(0) for part in ends]  # out of inference mode
    return Learnt(head.loss.clone(), head.right.clone().view(targets.shape), ends)


class Buffers:
    """What a head writes, for the next step to write again."""

    def __init__(self, s: Tensor, columns: int) -> None:
        self.y, self.squares = torch.empty_like(s), torch.empty_like(s)  # (N, H)
        self.d = s.new_empty(len(s), columns)
        self.rows = torch.arange(len(s)) * columns  # where they start in d


class Head:
    """Batch norm, linear layer and cross entropy over the states of a walk."""

    def __init__(
        self,
        walk: Walk,
        bn: nn.BatchNorm1d,
        h_o: nn.Linear,
        targets: Tensor,
        skip: int,
    ) -> None:
        self.B, self.skip = walk.s.shape[1], skip
        s, scale = walk.s[1 + skip :].flatten(0, 1), walk.scale  # (N, H)
        gamma, W, (N, H) = bn.weight, h_o.weight, s.shape
        V, columns = len(W), -(-len(W) // 16) * 16  # 30 columns take as long as 60
        if (N, columns) not in walk.kept:
            walk.kept[N, columns] = Buffers(s, columns)
        spare: Buffers = walk.kept[N, columns]

        mean = s.mean(0)
        self.y = torch.sub(s, mean, out=spare.y)
        var = torch.mul(self.y, self.y, out=spare.squares).mean(0)
        rs = torch.rsqrt(var + bn.eps / scale**2)
        move_statistics(bn, mean * scale + walk.shift, var * scale**2, N)

        W_c, shift = s.new_zeros(columns, H), s.new_full((columns,), NEVER)
        torch.mul(W, gamma * rs, out=W_c[:V])
        torch.add(h_o.bias, (W * bn.bias).sum(1), out=shift[:V])
        self.d = spare.d.copy_(shift)  # (N, columns)
        torch.softmax(add_product(self.d, self.y, W_c.t()), 1, out=self.d)
        at = spare.rows + targets  # (N,)
        flat = self.d.view(-1)
        found = flat.index_select(0, at)
        # xlogy, since torch.log takes MKL's vector functions, whose bits differ by CPU
        self.loss = -torch.xlogy(walk.one, found.clamp_min(LEAST)).mean()
        self.right = found == self.d.amax(1)
        flat.index_copy_(0, at, found - 1)  # N times what the docstring calls d

        d_bias = self.d.sum(0)[:V] / N
        D = product(self.d.t(), self.y)[:V].mul_(rs / N)
        d_gamma, d_beta = (W * D).sum(0), (W * d_bias.unsqueeze(1)).sum(0)
        put(h_o.weight, torch.addr(D * gamma, d_bias, bn.bias))
        put(h_o.bias, d_bias)
        put(bn.weight, d_gamma)
        put(bn.bias, d_beta)
        share = gamma * rs / -N
        self.W_c, self.constant = W_c / N, share * d_beta
        self.factor = share * rs * d_gamma

    def above(self, at: slice, out: Tensor) -> None:
        """Put ds of some steps into out, (m, B, H); nothing comes to skipped ones."""
        first = max(at.start, self.skip)
        if first >= at.stop:
            out.zero_()
            return
        out[: first - at.start] = 0
        rows = slice((first - self.skip) * self.B, (at.stop - self.skip) * self.B)
        ds = out[first - at.start :].flatten(0, 1)
        add_product(ds.copy_(self.constant), self.d[rows], self.W_c)
        ds.addcmul_(self.y[rows], self.factor)
