"""The library that the stages share, and the one place that fixes how torch computes.

The compiled engine has the same bits everywhere by how it is written. Torch gives it
initial weights and random draws, and PyTorch and MKL choose kernels by what a processor
offers, which round differently. So they are told to use their AVX2 kernels, in one
thread, since the order of a sum must not depend on the machine. They read that from the
environment when torch is loaded, so it is set here, before any module of the library
can load it.
"""

import os

os.environ |= {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2,STRICT",  # without STRICT, Intel and AMD differ
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
