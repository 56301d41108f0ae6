"""The definition as a reader: PyTorch's own operations, on any device."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from counting.base.types import NO_TARGET, Array, Reading
from counting.networks import Network


class Definition:
    """A network of `counting.networks` that reads arrays; see Reader.

    Args:
        network: in evaluation mode.
        device: where it shall run, such as "cpu" or "cuda".
    """

    def __init__(self, network: Network, device: str = "cpu") -> None:
        self.network, self.device = network.to(device), device

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
