"""Matrix products, compiled: the same bits with vectors of any width.

Each element of a product is one chain of `fma` in the order of the inner dimension.
Neither the width of the vectors nor the cut of the product into tiles changes a chain.
So the widest vectors of a processor are used, and a sum over a long dimension may be
taken in pieces, each going on from the result of the last. At these sizes that is also
faster than calling a library for each product.

Sizes: C (M, N) is added to, A (M, K) and B (K, N) are multiplied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from counting.base.types import Array
from counting.engine.compiler import jit
from counting.engine.math import declared


def _tile(rows: int, lanes: int, vectors: int) -> Any:
    """Make the kernel that adds to one tile of C, for k from `start` up to `stop`.

    C[i : i+rows, j : j+n] += A[i : i+rows, k] B[k, j : j+n], n = lanes * vectors. The
    tile stays in registers. For each k, `vectors` vectors are loaded from B and `rows`
    numbers from A, each copied to all lanes; rows * vectors fma combine them.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def add_tile(
        context: Any, C: Any, A: Any, B: Any, i: Any, j: Any, start: Any, stop: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            element, size = context.get_value_type(C.dtype), C.dtype.bitwidth // 8
            vector, word = ir.VectorType(element, lanes), ir.IntType(64)
            byte = ir.IntType(8).as_pointer()
            i, j, start, stop = args[3:]
            arrays = [
                context.make_array(kind)(context, builder, value)
                for kind, value in zip(signature.args[:3], args[:3], strict=True)
            ]
            c, a, b = (builder.bitcast(array.data, byte) for array in arrays)
            strides = [cgutils.unpack_tuple(builder, array.strides) for array in arrays]
            (c_row, _), (a_row, a_column), (b_row, _) = strides

            def at(base: Any, *steps: tuple[Any, Any]) -> Any:
                for count, stride in steps:
                    base = builder.gep(base, [builder.mul(count, stride)])
                return base

            def load(pointer: Any, v: int) -> Any:
                place = at(pointer, (word(v * lanes), word(size)))
                return builder.load(
                    builder.bitcast(place, vector.as_pointer()), align=size
                )

            c = at(c, (i, c_row), (j, word(size)))
            a, b = at(a, (i, a_row)), at(b, (j, word(size)))
            places = [at(c, (word(r), c_row)) for r in range(rows)]
            sums = [cgutils.alloca_once(builder, vector) for _ in range(rows * vectors)]
            for n, pointer in enumerate(sums):
                builder.store(load(places[n // vectors], n % vectors), pointer)
            fused = declared(builder, "llvm.fma", vector, 3)
            first = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            none = ir.Constant(vector, ir.Undefined)
            with cgutils.for_range(builder, stop, start) as loop:
                row = at(b, (loop.index, b_row))
                of_b = [load(row, v) for v in range(vectors)]
                column = at(a, (loop.index, a_column))
                for r in range(rows):
                    place = at(column, (word(r), a_row))
                    one = builder.load(builder.bitcast(place, element.as_pointer()))
                    one = builder.insert_element(none, one, ir.IntType(32)(0))
                    spread = builder.shuffle_vector(one, none, first)
                    for v in range(vectors):
                        pointer = sums[r * vectors + v]
                        term = [spread, of_b[v], builder.load(pointer)]
                        builder.store(builder.call(fused, term), pointer)
            for n, pointer in enumerate(sums):
                place = at(
                    places[n // vectors], (word(n % vectors * lanes), word(size))
                )
                place = builder.bitcast(place, vector.as_pointer())
                builder.store(builder.load(pointer), place, align=size)
            return context.get_dummy_value()

        return types.void(C, A, B, *[types.int64] * 4), codegen

    return add_tile


_WIDE = bool(binding.get_host_cpu_features().get("avx512f"))
_ROWS, _LANES, _VECTORS = (8, 16, 2) if _WIDE else (4, 8, 2)
_COLUMNS = _LANES * _VECTORS
_DEPTH = 512  # rows of B that stay in the cache while all of A is multiplied by them
_LARGE = 2**19  # elements of a C that does not stay in the cache between two steps
_STRIP = 64  # rows of such a C that do
_block, _row = _tile(_ROWS, _LANES, _VECTORS), _tile(1, _LANES, _VECTORS)
_some, _one = _tile(1, 8, 1), _tile(1, 1, 1)


@jit
def matmul_add(C: Array, A: Array, B: Array) -> None:
    """Add A (M, K) B (K, N) to C (M, N).

    Rows of B and C must be contiguous; A may be any view, such as a transposed one. It
    is fastest if N is a multiple of 32.
    """
    (M, N), K = C.shape, len(B)
    m, n = M - M % _ROWS, N - N % _COLUMNS
    for j in range(0, n, _COLUMNS):
        for k in range(0, K, _DEPTH):
            end = min(k + _DEPTH, K)
            for i in range(0, m, _ROWS):
                _block(C, A, B, i, j, k, end)
            for i in range(m, M):
                _row(C, A, B, i, j, k, end)
    for j in range(n, N - N % 8, 8):
        for i in range(M):
            _some(C, A, B, i, j, 0, K)
    for j in range(N - N % 8, N):
        for i in range(M):
            _one(C, A, B, i, j, 0, K)


@jit
def panels(B: Array) -> Array:
    """Copy B (K, N) into panels (N / 32, K, 32), to be multiplied several times.

    A tile reads a panel from front to back, while rows of a large B lie pages apart. On
    processors with vectors half as wide, panels have 16 columns.
    """
    (K, N), columns = B.shape, _COLUMNS
    laid_out = np.empty((-(-N // columns), K, columns), B.dtype)
    for p in range(len(laid_out)):
        part = B[:, p * columns : (p + 1) * columns]
        for k in range(K):
            for j in range(part.shape[1]):
                laid_out[p, k, j] = part[k, j]
    return laid_out


@jit
def matmul_add_panels(C: Array, A: Array, laid_out: Array) -> None:
    """Add A (M, K) B (K, N) to C (M, N), given the panels of B."""
    for p in range(len(laid_out)):
        part = C[:, p * _COLUMNS : (p + 1) * _COLUMNS]
        matmul_add(part, A, laid_out[p, :, : part.shape[1]])


@jit
def _add_each(C: Array, A: Array, B: Array) -> None:
    """Do what `matmul_add_steps` does, for a C that stays in the cache."""
    for t in range(len(A) - 1, -1, -1):
        matmul_add(C, A[t].T, B[t])


def matmul_add_steps(C: Array, A: Array, B: Array) -> None:
    """Add A_t' B_t to C (M, N), from the last t to the first; A (T, K, M), B (T, K, N).

    A large C is computed a few rows at a time, which stay in the cache for all t.
    """
    if C.size < _LARGE:
        _add_each(C, A, B)
        return
    right = panels(B[::-1].reshape(-1, C.shape[1]))
    for i in range(0, len(C), _STRIP):
        part = C[i : i + _STRIP]
        left = A[::-1, :, i : i + _STRIP].reshape(-1, len(part)).T
        for k in range(0, left.shape[1], _DEPTH):
            matmul_add_panels(part, left[:, k : k + _DEPTH], right[:, k : k + _DEPTH])


@jit
def affine(out: Array, x: Array, W: Array, b: Array) -> None:
    """Put x W' + b into out (M, N), x (M, K), W (N, K), b (N,)."""
    for i in range(len(out)):
        for j in range(len(b)):
            out[i, j] = b[j]
    matmul_add_panels(out, x, panels(W.T))
