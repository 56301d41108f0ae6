"""One step of a network as ONNX: a token and the state in, log probabilities out.

The definition itself is traced. The memory of a copy head is part of the state: it
starts empty and grows by one position per step, up to the reach of the head.

An exporter may write a wrong network without a warning, so its file is compared with
the definition, and refused if it differs.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from counting.base.errors import InputError
from counting.networks import Network

NEEDED = ("onnx", "onnxruntime")
COMPARED = 1000  # greedy steps
TOLERANCE = 1e-3  # of log probabilities; those of a right file differ by some 1e-5
TRACED = 2  # positions in the memory while tracing; any number will do


def missing() -> list[str]:
    """List the needed packages that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


class OneStep(nn.Module):
    """A network whose state is a flat list of tensors, as ONNX needs it.

    Inputs: token (1, 1) int64; h (1, 1, H); of an LSTM c (1, 1, H); of a copy head
    keys (1, K, H) and seen (1, K) int64, for K positions in its memory.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.has_cell = isinstance(network.layer, nn.LSTM)

    @property
    def names(self) -> list[str]:
        """The names of the state's tensors."""
        remembers = self.network.copying is not None
        return ["h", *["c"] * self.has_cell, *["keys", "seen"] * remembers]

    def start(self, K: int = 0) -> list[Tensor]:
        """Give a state of zeros, with K positions in the memory of a copy head."""
        H = self.network.i_h.embedding_dim
        empty = {"keys": torch.zeros(1, K, H), "seen": torch.zeros(1, K).long()}
        return [empty.get(name, torch.zeros(1, 1, H)) for name in self.names]

    def forward(self, token: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Read a token (1, 1); gives log probabilities (1, 1, V) and the new state."""
        hidden = state[:2] if self.has_cell else state[0]
        memory = state[-2:] if self.network.copying is not None else None
        log_p, (hidden, memory) = self.network(token, (hidden, memory))
        return log_p, *(hidden if self.has_cell else (hidden,)), *(memory or ())


def export(network: Network) -> bytes:
    """Give one step of a network as the bytes of an ONNX file, unchecked.

    The tracing exporter is used: the newer one needs one more package, and was reported
    to write a wrong GRU.
    """
    step = OneStep(network).eval()
    file: Any = io.BytesIO()  # accepted, though the exporter's types do not say so
    names = step.names
    growing = {
        name: {1: size}
        for name in names
        if name in ("keys", "seen")
        for name, size in ((name, "K"), (f"{name}_out", "K_out"))
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fixed batch sizes, and of deprecation
        torch.onnx.export(
            step,
            (torch.zeros(1, 1).long(), *step.start(TRACED)),
            file,
            dynamo=False,
            input_names=["token", *names],
            output_names=["log_p", *(f"{name}_out" for name in names)],
            dynamic_axes=growing,
        )
    written: bytes = file.getvalue()
    return written


@torch.inference_mode()
def compare(written: bytes, network: Network, steps: int = COMPARED) -> float:
    """Let an ONNX network and the definition count, each fed with its own tokens.

    Returns:
        The largest difference between their log probabilities.

    Raises:
        InputError: their tokens differ, or log probabilities by more than TOLERANCE.
    """
    import onnxruntime  # optional: see `missing`

    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    step = OneStep(network)
    found: list[Any] = [tensor.numpy() for tensor in step.start()]
    expected = step.start()
    token, read, worst = 0, 0, 0.0
    for number in range(1, steps + 1):
        state = dict(zip(step.names, found, strict=True))
        p, *found = session.run(None, {"token": np.array([[read]]), **state})
        log_p, *expected = step(torch.tensor([[token]]), *expected)
        worst = max(worst, float(np.abs(p - log_p.numpy()).max()))
        token, read = int(log_p.argmax()), int(p.argmax())
        if not worst <= TOLERANCE or token != read:
            raise InputError(
                f"the ONNX network is not this network: at step {number} it says token "
                f"{read}, expected {token}, and log probabilities differ by "
                f"{worst:.2g}; nothing was written: use the pinned torch, or --no-onnx"
            )
    return worst
