"""The one place that decides how numbers are computed: kernels, threads, seeds.

What the compiled loops compute (compiled.py: recurrence, head, loss, all gradients) has
the same bits everywhere by how it is written. This is about the rest: the optimiser's
step, clipping, random draws, and networks run by PyTorch's own operations. PyTorch, MKL
and oneDNN each choose kernels by what the processor offers, and different kernels round
differently. `portable` tells all three to use their AVX2 kernels, which they read from
the environment when torch is loaded; so `settle` must come before the first
`import torch`, and stages import what needs torch inside `main`.

MKL's suffix STRICT matters: without it Intel and AMD differ. What MKL's vector
functions compute (torch.exp, log, sqrt, logsumexp) depends on the processor all the
same, as do matrix products with M = 1 or an inner dimension within 192..272; nothing
that is trained or measured passes through them.
"""

from __future__ import annotations

import os
import sys
from typing import Literal

Mode = Literal["portable", "fast"]

PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2,STRICT",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def settle(mode: Mode) -> None:
    """Fix the numerics of this process, and load torch with them.

    One thread in either mode: at these sizes a second one costs time, and the order
    of a sum must not depend on the machine.

    Raises:
        RuntimeError: torch was loaded before, with other kernels.
    """
    wanted = (PORTABLE if mode == "portable" else {}) | ONE_THREAD
    late = "torch" in sys.modules
    if late and any(os.environ.get(name) != value for name, value in wanted.items()):
        raise RuntimeError("numerics.settle must come before the first import of torch")
    os.environ.update(wanted)
    import torch

    if not late:
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    torch.set_deterministic_debug_mode("error")
    # every element of torch.empty is written before it is read: fill none with NaN
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def own_bits(mode: Mode) -> str | None:
    """Say why this machine's bits are its own, or None where they are everybody's."""
    import torch

    if mode == "fast":
        return "numerics: fast, so these bits are this machine's own"
    capability = torch.backends.cpu.get_cpu_capability()
    if capability != "AVX2":
        return (
            f"numerics: this processor offers {capability} and no AVX2; everything "
            "works, but the bits are this machine's own and will not match dvc.lock"
        )
    return None
