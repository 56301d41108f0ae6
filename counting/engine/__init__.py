"""The networks of `counting.networks` again, in compiled loops.

| definition                   | here                                          |
|------------------------------|-----------------------------------------------|
| networks.Loop, nn.RNN        | recurrence.RELU, recurrence.TANH              |
| nn.GRU, nn.LSTM              | recurrence.GRU, recurrence.LSTM               |
| nn.BatchNorm1d and nn.Linear | linear_head.fuse_batch_norm, and .._backward  |
| F.cross_entropy              | linear_head.softmax_cross_entropy             |
| networks.CopyHead            | copy_head.copy_head_forward, and .._backward  |
| networks.Network.forward     | forward.Forward, forward.Inference            |
| loss.backward()              | backward.Backward                             |
| torch.optim.Adam, AdamW      | adam.Adam                                     |

It needs NumPy and Numba and runs on the processor; tests/engine compares every row.
docs/bptt.md derives the gradients. In all formulas here ' transposes, * is by element,
and d before a name is the gradient of the loss with respect to it.
"""
