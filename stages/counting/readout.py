"""From states to logits: batch norm over every position and a linear layer, in one.

`readout(states, bn, h_o)` gives what `h_o(bn(states))` gives, forward and backward,
and moves the running statistics as `bn` does. Batch norm is folded into the weights on
both ways, so that no normalised, scaled and shifted copy of the states is ever written.

Sizes: N positions (T * B), H hidden, V vocabulary.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable


class NormalisedLinear(Function):
    """logits = (x * gamma + beta) W' + b with x = (h - mean) * rs.

    mean and var are those of the N positions, rs = 1 / sqrt(var + eps). What is
    computed is, with y = h - mean and the scale c = gamma * rs:
        logits = y (W * c)' + (b + W beta)
    Backward, with d the gradient of the logits:
        db = sum of d,  D = (d' y) * rs,  dW = D * gamma + db beta'
        dgamma = sum over V of W * D,  dbeta = W' db
        dh = d (W * c) - (c / N) * (dbeta + y * rs * dgamma)
    """

    @staticmethod
    def forward(
        ctx: Any,
        h: Tensor,
        gamma: Tensor,
        beta: Tensor,
        W: Tensor,
        b: Tensor,
        bn: nn.BatchNorm1d,
    ) -> Tensor:
        """Give logits (N, V) of states (N, H), and move the running statistics."""
        V, columns = len(W), -(-len(W) // 8) * 8
        y, rs = torch.empty_like(h), torch.empty_like(gamma)
        logits = h.new_empty(len(h), columns)
        with torch.inference_mode():
            mean = h.mean(0)
            torch.sub(h, mean, out=y)
            var = (y * y).mean(0)  # torch.var_mean over dim 0 is 16 times slower
            torch.rsqrt(var + bn.eps, out=rs)
            # 30 columns would take twice the time of 32
            W_c, shift = h.new_zeros(columns, h.shape[1]), h.new_zeros(columns)
            torch.mul(W, gamma * rs, out=W_c[:V])
            torch.add(b, (W * beta).sum(1), out=shift[:V])
            torch.addmm(shift, y, W_c.t(), out=logits)
            move_statistics(bn, mean, var, len(h))
        ctx.save_for_backward(y, rs, gamma, beta, W)
        return logits[:, :V]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, ...]:
        """Give the gradients of h, gamma, beta, W and b."""
        y, rs, gamma, beta, W = ctx.saved_tensors
        c, db, D = gamma * rs, d.sum(0), torch.mm(d.t(), y).mul_(rs)
        dW = torch.addr(D * gamma, db, beta)
        dgamma, dbeta = (W * D).sum(0), (W * db.unsqueeze(1)).sum(0)
        share = c / -len(y)
        dh = torch.addmm(share * dbeta, d, W * c).addcmul_(y, share * rs * dgamma)
        return dh, dgamma, dbeta, dW, db, None


def readout(states: Tensor, bn: nn.BatchNorm1d, h_o: nn.Linear) -> Tensor:
    """Logits of states.

    Args:
        states: (T, B, H), float.
        bn: batch norm over H, with running statistics; by its mode, training or
            evaluation, it takes the batch's statistics or its own.
        h_o: linear layer from H to V.

    Returns:
        Logits (T, B, V).

    Raises:
        ValueError: in training there is but one position to take statistics from.
    """
    h = states.flatten(0, 1)  # (N, H)
    if not bn.training:
        return F.linear(h, *folded(bn, h_o)).view(*states.shape[:2], -1)
    check_positions(len(h))
    logits: Tensor = NormalisedLinear.apply(  # type: ignore[no-untyped-call]
        h, bn.weight, bn.bias, h_o.weight, h_o.bias, bn
    )
    return logits.view(*states.shape[:2], -1)  # (T, B, V)


def check_positions(N: int) -> None:
    """Refuse to take the variance of less than two positions."""
    if N < 2:
        raise ValueError(f"{N} position has no variance: train on 2 or more")


def folded(bn: nn.BatchNorm1d, h_o: nn.Linear) -> tuple[Tensor, Tensor]:
    """Give weight (V, H) and bias (V,) of h_o with batch norm, by its statistics."""
    mean, var = statistics(bn)
    scale = bn.weight * torch.rsqrt(var + bn.eps)
    shift = bn.bias - mean * scale
    return h_o.weight * scale, h_o.bias + (h_o.weight * shift).sum(1)


def statistics(bn: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Give the running mean and variance, (H,) each."""
    assert bn.running_mean is not None
    assert bn.running_var is not None
    return bn.running_mean, bn.running_var


def move_statistics(bn: nn.BatchNorm1d, mean: Tensor, var: Tensor, N: int) -> None:
    """Move the running statistics to those of N positions, as PyTorch does."""
    assert bn.momentum is not None
    assert bn.num_batches_tracked is not None
    running_mean, running_var = statistics(bn)
    bn.num_batches_tracked.add_(1)
    running_mean.lerp_(mean, bn.momentum)
    running_var.lerp_(var * (N / (N - 1)), bn.momentum)
