"""Parameters as one vector, so that the optimiser has one thing to do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def one_vector(parameters: Sequence[nn.Parameter]) -> nn.Parameter:
    """Move parameters into one vector, of which they become views.

    A fused Adam step over ten small parameters takes several times that over one. The
    model works on as before, `state_dict` and `load_state_dict` too. Gradients gather
    in views of the vector's, so clear them by `zero_grad(set_to_none=False)`.

    Args:
        parameters: of one dtype and device.

    Returns:
        The vector, to be given to the optimiser in their place.
    """
    vector = nn.Parameter(torch.cat([p.detach().flatten() for p in parameters]))
    vector.grad = torch.zeros_like(vector)
    sizes = [p.numel() for p in parameters]
    places = zip(vector.detach().split(sizes), vector.grad.split(sizes), strict=True)
    for parameter, (values, gradient) in zip(parameters, places, strict=True):
        parameter.data = values.view_as(parameter)
        parameter.grad = gradient.view_as(parameter)
    return vector
