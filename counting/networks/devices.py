"""Where PyTorch can run a network."""

from __future__ import annotations

import torch

from counting.base.errors import InputError


def checked(device: str) -> str:
    """Give a device back if it is there, such as "cpu", "cuda" or "cuda:1".

    Raises:
        InputError: it is not.
    """
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # as PyTorch says it
        reason = str(error).splitlines()[0]
        raise InputError(
            f"device: {device} is not there ({reason}); set device: cpu, or one that is"
        ) from None
    return device
