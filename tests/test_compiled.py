"""Compiled functions against NumPy, and the same bits however a product is cut."""

from typing import Any

import numpy as np
import pytest

from counting.engine import compiled
from counting.engine import matmul as products
from counting.engine.compiled import Array


@compiled.compiled
def each(x: Array, out: Array) -> None:
    for i in range(x.shape[1]):
        out[0, i], out[1, i] = compiled.exp(x[0, i]), compiled.log(x[1, i])
        out[2, i], out[3, i] = compiled.sigmoid(x[0, i]), compiled.tanh(x[0, i])


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 3e-7), (np.float64, 1e-14)])
def test_exp_log_sigmoid_and_tanh_are_within_their_bounds(
    dtype: Any, bound: float
) -> None:
    x = np.stack([np.linspace(-86, 88, 99_991), np.geomspace(1e-37, 1e37, 99_991)])
    x = np.hstack([x, [[0.0], [1.0]], 1 + np.linspace(-0.5, 0.5, 2001) * [[0], [1]]])
    x, out = x.astype(dtype), np.empty((4, x.shape[1]), dtype)
    each(x, out)
    exact = x.astype(np.longdouble)
    np.testing.assert_allclose(out[0], np.exp(exact[0]), rtol=bound)
    np.testing.assert_allclose(out[1], np.log(exact[1]), rtol=bound, atol=1e-30)
    np.testing.assert_allclose(out[2], 1 / (1 + np.exp(-exact[0])), atol=bound, rtol=0)
    np.testing.assert_allclose(out[3], np.tanh(exact[0]), atol=bound, rtol=0)


def test_exp_has_no_infinity_and_no_nothing() -> None:
    x, out = np.ones((2, 2), np.float32), np.empty((4, 2), np.float32)
    x[0] = -1e30, 1e30
    each(x, out)
    assert 0 < out[0, 0] < 1e-37
    assert 1e38 < out[0, 1] < np.inf
    assert out[2:].tolist() == [[pytest.approx(0, abs=1e-37), 1], [-1, 1]]


SIZES = [(1, 1, 1), (3, 7, 5), (8, 64, 64), (9, 30, 33), (64, 64, 192), (17, 250, 106)]


@pytest.mark.parametrize(("M", "K", "N"), SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_that_of_numpy(
    M: int, K: int, N: int, dtype: Any, transposed: bool
) -> None:
    draw = np.random.default_rng(0)
    A, B, C = (draw.normal(size=s).astype(dtype) for s in ((M, K), (K, N), (M, N)))
    left = np.ascontiguousarray(A.T).T if transposed else A
    expected = C.astype(np.float64) + A.astype(np.float64) @ B.astype(np.float64)
    products.add_product(C, left, B)
    np.testing.assert_allclose(C, expected, atol=2e-4 if dtype == np.float32 else 1e-12)


def test_however_a_product_is_cut_its_bits_are_the_same() -> None:
    draw = np.random.default_rng(0)
    A, B = (draw.normal(size=s).astype(np.float32) for s in ((37, 80), (80, 75)))
    whole = np.zeros((37, 75), np.float32)
    products.add_product(whole, A, B)
    cut = np.zeros_like(whole)
    for k in (slice(0, 33), slice(33, 80)):
        for i in (slice(0, 1), slice(1, 20), slice(20, 37)):
            for j in (slice(0, 3), slice(3, 43), slice(43, 75)):
                products.add_product(cut[i, j], A[i, k], B[k, j])
    assert whole.tobytes() == cut.tobytes()
