"""Back-propagation through time by hand: from tokens to the loss and all gradients.

It computes what autograd computes for `Network.loss`, in compiled functions: the
forward pass of forward.py, then the head, the recurrence and the input side backward.
docs/bptt.md derives the formulas.

Sizes: T tokens, B windows, H hidden, V vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from counting.base.types import Array
from counting.engine import copy_head, linear_head, recurrence
from counting.engine.forward import EPS, Forward
from counting.engine.linear_head import Normalized
from counting.engine.matmul import matmul_add, matmul_add_steps
from counting.engine.weights import Tensors, Weights, head

MOMENTUM = 0.1  # of the running statistics, as in PyTorch


class StepResult(NamedTuple):
    """What a training step reports."""

    loss: float  # mean over the scored positions, in nats per token
    correct: Array  # (T, B) bool: scored, and the target is the most probable token


class Backward(Forward):
    """A network in training: the forward pass, and the way back to every gradient.

    Args:
        weights: of the network; the running statistics change with each call.
        gradients: an array for each parameter, by its name; filled by each call.
        T: tokens of a window.
        B: windows of a batch.

    Raises:
        InputError: Numba's compilation is switched off.
        ValueError: T * B is 1, and one position has no variance.
    """

    def __init__(self, weights: Weights, gradients: Tensors, T: int, B: int) -> None:
        super().__init__(weights, T, B)
        N, H = self.flat_states().shape
        if N < 2:
            raise ValueError(f"{N} position has no variance: train on 2 or more")
        self.gradients = gradients
        self.normalized = Normalized(self.new(N, H), *self.new(3, H))
        self.d_states = self.new(T, B, H)
        # without a copy head, gradients take the place of the probabilities
        self.d_out = self.new(*self.out.shape) if weights.reach else self.out

    def __call__(
        self,
        tokens: Array,
        targets: Array,
        no_copy: Array | None = None,
        read: Array | None = None,
    ) -> StepResult:
        """Fill the gradients of `Network.loss`, and update the running statistics.

        Every window begins with a state of zeros. If no target at all is scored, loss
        and gradients are zero.

        Args:
            tokens: (T, B), int64.
            targets: (T, B), int64, the next tokens; NO_TARGET where none is scored.
            no_copy: (T, B) bool, positions that may not copy.
            read: (T, B) int64, what the recurrence reads, `tokens` with some misread;
                None for `tokens`. The copy head copies from `tokens` in any case.
        """
        state = self.start()
        read = tokens if read is None else read
        self.run_recurrence(read, state)
        normalized, states = self.normalized, self.flat_states()
        linear_head.batch_statistics(states, normalized)
        self.update_statistics()
        normalized.rs[:] = 1 / np.sqrt(normalized.var + self.number(EPS))
        self.project_states(normalized.y, np.zeros_like(normalized.mean), normalized.rs)
        reading = self.score(tokens, targets, state, no_copy)
        loss = float(linear_head.mean_loss(reading.losses.ravel(), targets.ravel()))
        self.head_backward(targets)
        self.recurrence_backward(read)
        return StepResult(loss, reading.predicted == targets)

    def update_statistics(self) -> None:
        """Update the running statistics as PyTorch's batch norm does."""
        tensors, (y, mean, var, _) = self.weights.tensors, self.normalized
        tensors["bn.num_batches_tracked"] += 1
        unbiased = var * (len(y) / (len(y) - 1))
        for name, new in (("mean", mean), ("var", unbiased)):
            running = tensors[f"bn.running_{name}"]
            running += self.number(MOMENTUM) * (new - running)

    def head_backward(self, targets: Array) -> None:
        """Go from the loss to the states: fill d_states and the head's gradients."""
        if self.weights.reach:
            d_substitution = np.zeros_like(self.mixed.substitution)
            copy_head.copy_head_backward(
                self.rows(self.out), self.context, self.constants, self.mixed,
                self.rows(self.d_out), d_substitution,
            )  # fmt: skip
            copy_head.substitution_softmax_backward(
                self.mixed.substitution, d_substitution, self.constants.sharpness,
                self.gradients["copying.S"],
            )  # fmt: skip
        else:
            linear_head.softmax_cross_entropy_backward(self.out, targets.reshape(-1))
        linear_head.fused_linear_backward(
            self.d_out, head(self.weights.tensors), self.normalized,
            self.layout, self.fused,
            self.d_states.reshape(-1, self.d_states.shape[2]),
            head(self.gradients),
        )  # fmt: skip

    def recurrence_backward(self, tokens: Array) -> None:
        """Go from the states to the embedding: fill all gradients below the head."""
        weights, (_, B, H) = self.weights, self.d_states.shape
        along = recurrence.Gradients(
            np.zeros_like(self.table), self.new(H), *self.new(2, B, H)
        )
        weights.kind.backward(
            self.d_states, tokens, weights.along_time(), self.states, along
        )
        d_W_hh = self.new(len(self.table.T), H)
        d_gates = self.states.gates[:, :, : len(d_W_hh)]
        matmul_add_steps(d_W_hh, d_gates, self.states.h[:-1])
        W, _ = weights.input_side()
        d_table, d_embedding = along.table, self.gradients["i_h.weight"]
        d_embedding[:] = 0
        matmul_add(d_embedding, d_table, W)
        d_W = np.zeros_like(W)
        matmul_add(d_W, d_table.T, weights.embedding)
        weights.put_gradients(d_W, d_table.sum(0), d_W_hh, along.b_n, self.gradients)
