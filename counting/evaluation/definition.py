"""The definition as a reader: PyTorch's own operations, on any device."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from counting.base.types import NO_TARGET, Array, Inside, Reading
from counting.networks import Network, devices


class Definition:
    """A network of `counting.networks` that reads arrays; see Reader.

    Args:
        network: in evaluation mode.
        device: where it runs, such as "cpu" or "cuda".

    Raises:
        InputError: there is no such device.
    """

    def __init__(self, network: Network, device: str = "cpu") -> None:
        self.network, self.device = network.to(devices.checked(device)), device

    @torch.inference_mode()
    def __call__(
        self, tokens: Array, targets: Array | None = None, state: Any = None
    ) -> tuple[Reading, Any]:
        """Read tokens (T, B); see Reader."""
        if targets is None:
            targets = np.full_like(tokens, NO_TARGET)
        read, wanted = (
            torch.from_numpy(a.T).to(self.device) for a in (tokens, targets)
        )
        log_p, state = self.network(read, state)  # (B, T, V)
        losses = F.nll_loss(
            log_p.transpose(1, 2), wanted, ignore_index=NO_TARGET, reduction="none"
        )  # (B, T)
        found = (log_p.argmax(-1), losses)
        return Reading(*(part.T.cpu().numpy() for part in found)), state

    @torch.inference_mode()
    def inspect(
        self, tokens: Array, targets: Array | None = None, state: Any = None
    ) -> tuple[Reading, Inside, Any]:
        """Read tokens (T, B), and give what is inside the network too; see Trained."""
        network, read = self.network, torch.from_numpy(tokens.T).to(self.device)
        hidden, memory = state or (None, None)
        states, _ = network.layer(network.i_h(read), hidden)  # (B, T, H)
        found, looks = [network(read, state)[0].exp(), states], []
        if network.copying is not None:
            ways, _ = network.copying(network.project(states), read, memory)
            looks = [ways.gates.softmax(-1), ways.attention]
        arrays = [part.transpose(0, 1).cpu().numpy() for part in (*found, *looks)]
        reading, after = self(tokens, targets, state)
        return reading, Inside(*arrays, *[None] * (4 - len(arrays))), after
