"""The operations and functions that compiled loops are made of.

`fma`, `round_even`, `as_bits` and `as_float` are single instructions. `exp` and `log`
are polynomials of such instructions, and `sigmoid` and `tanh` are made of `exp`, so
their bits are the same on every processor. Errors are below 3e-7, relative for exp and
log, absolute for the others. In float64, which only tests use, exp and log are those of
the C library.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from counting.engine.compiler import inlined

# float32: an operation with a float64 still gives a float64
ZERO, HALF, ONE, TWO = (np.float32(value) for value in (0, 0.5, 1, 2))


# --- single operations ---------------------------------------------------------------


def _operation(name: str) -> Any:
    """Give the code of an LLVM operation whose arguments and result have one type."""

    def of(context: Any, a: Any, *more: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.call(declared(builder, name, args[0].type, len(args)), args)

        return a(a, *more), codegen

    return of


def declared(builder: Any, name: str, kind: Any, arguments: int) -> Any:
    """Declare an LLVM operation for a type of number or vector: llvm.fma.v8f32."""
    lanes, element = (kind.count, kind.element) if hasattr(kind, "count") else (0, kind)
    suffix = f"v{lanes}" * bool(lanes) + ("f32" if element == ir.FloatType() else "f64")
    shape = ir.FunctionType(kind, [kind] * arguments)
    return cgutils.get_or_insert_function(builder.module, shape, f"{name}.{suffix}")


@intrinsic  # type: ignore[untyped-decorator]
def fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c, rounded once."""
    return _operation("llvm.fma")(context, a, b, c)


@intrinsic  # type: ignore[untyped-decorator]
def round_even(context: Any, a: Any) -> Any:
    """Round to the nearest whole number, halves to even."""
    return _operation("llvm.rint")(context, a)


@intrinsic  # type: ignore[untyped-decorator]
def as_bits(context: Any, a: Any) -> Any:
    """Give the bits of a float32 as an int32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), codegen


@intrinsic  # type: ignore[untyped-decorator]
def as_float(context: Any, a: Any) -> Any:
    """Give the float32 that has the bits of an int32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


# --- exp, log, sigmoid, tanh ---------------------------------------------------------

_LOG2_E, _SQRT2 = np.float32(math.log2(math.e)), np.float32(math.sqrt(2))
_LN2 = np.float32(math.log(2))
# ln 2 as a sum of two; the first has so few bits that a product with n is exact
_LN2_HIGH, _LN2_LOW = np.float32(0.693145751953125), np.float32(1.42860682030941723e-6)
_EXP = tuple(np.float32(1 / math.factorial(n)) for n in range(7, -1, -1))
_ATANH = tuple(np.float32(2 / n) for n in (9, 7, 5, 3))
_BIAS, _MANTISSA, _ONE_BITS = np.int32(127), np.int32(23), np.int32(0x3F800000)
_FRACTION = np.int32(0x007FFFFF)


def exp(x: Any) -> Any:
    """Give e^x, with x first brought into [-87, 88]."""
    raise NotImplementedError  # only compiled functions can call it


def log(x: Any) -> Any:
    """Give the natural logarithm of a positive normal number."""
    raise NotImplementedError


@overload(exp)  # type: ignore[untyped-decorator]
def _exp(x: Any) -> Any:
    return _exp32 if x == types.float32 else _exp64


@overload(log)  # type: ignore[untyped-decorator]
def _log(x: Any) -> Any:
    return _log32 if x == types.float32 else _log64


def _exp32(x: Any) -> Any:
    """Give 2^n e^r with x = n ln 2 + r and |r| <= ln 2 / 2, and e^r by its series."""
    x = min(max(x, np.float32(-87)), np.float32(88))
    n = round_even(x * _LOG2_E)
    r = fma(n, -_LN2_LOW, fma(n, -_LN2_HIGH, x))
    p = _EXP[0]
    p = fma(p, r, _EXP[1])
    p = fma(p, r, _EXP[2])
    p = fma(p, r, _EXP[3])
    p = fma(p, r, _EXP[4])
    p = fma(p, r, _EXP[5])
    p = fma(p, r, _EXP[6])
    p = fma(p, r, _EXP[7])
    return p * as_float((np.int32(n) + _BIAS) << _MANTISSA)


def _log32(x: Any) -> Any:
    """Give n ln 2 + ln m with x = 2^n m, and ln m = 2 artanh((m - 1) / (m + 1))."""
    bits = as_bits(x)
    n = (bits >> _MANTISSA) - _BIAS
    m = as_float((bits & _FRACTION) | _ONE_BITS)  # in [1, 2)
    if m > _SQRT2:  # then in [.7, 1.4], where few terms suffice
        m, n = m * HALF, n + np.int32(1)
    s = (m - ONE) / (m + ONE)
    z = s * s
    p = fma(_ATANH[0], z, _ATANH[1])
    p = fma(p, z, _ATANH[2])
    p = fma(p, z, _ATANH[3])
    return fma(np.float32(n), _LN2, fma(p * z, s, s + s))


def _exp64(x: Any) -> Any:
    return math.exp(x)


def _log64(x: Any) -> Any:
    return math.log(x)


@inlined
def sigmoid(x: Any) -> Any:
    """Give 1 / (1 + e^-x)."""
    return ONE / (ONE + exp(-x))


@inlined
def tanh(x: Any) -> Any:
    """Give 1 - 2 / (1 + e^2x)."""
    return ONE - TWO / (ONE + exp(x + x))
