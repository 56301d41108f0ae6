"""The networks of `counting.networks` again, compiled.

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

NumPy and Numba alone, on the processor alone; tests/engine compares every row.
"""
