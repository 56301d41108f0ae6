"""The devices that PyTorch can run a network on."""

from __future__ import annotations

import torch

from counting.base.errors import InputError


def checked(device: str) -> str:
    """Check that a device such as "cpu", "cuda" or "cuda:1" is there, and return it.

    Raises:
        InputError: it is not.
    """
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # PyTorch raises either
        reason = str(error).splitlines()[0]
        raise InputError(
            f"device: {device} is not there, expected a device of this machine "
            f"({reason}); set device: cpu, or one that is there"
        ) from None
    return device
