"""Matrix products against NumPy, and the same bits however a product is cut."""

from typing import Any

import numpy as np
import pytest

from counting.engine.matmul import (
    matmul_add,
    matmul_add_panels,
    matmul_add_steps,
    panels,
)

SIZES = [
    (1, 1, 1),
    (3, 7, 5),
    (8, 64, 64),
    (9, 30, 33),
    (64, 64, 192),
    (17, 250, 106),
    (9, 300, 40),
]


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
    matmul_add(C, left, B)
    np.testing.assert_allclose(C, expected, atol=2e-4 if dtype == np.float32 else 1e-12)


def test_however_a_product_is_cut_its_bits_are_the_same() -> None:
    draw = np.random.default_rng(0)
    A, B = (draw.normal(size=s).astype(np.float32) for s in ((37, 80), (80, 75)))
    whole = np.zeros((37, 75), np.float32)
    matmul_add(whole, A, B)
    cut = np.zeros_like(whole)
    for k in (slice(0, 33), slice(33, 80)):
        for i in (slice(0, 1), slice(1, 20), slice(20, 37)):
            for j in (slice(0, 3), slice(3, 43), slice(43, 75)):
                matmul_add(cut[i, j], A[i, k], B[k, j])
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize(("M", "K", "N"), SIZES)
def test_a_product_with_panels_has_the_bits_of_one_without(
    M: int, K: int, N: int
) -> None:
    draw = np.random.default_rng(0)
    A, W = (draw.normal(size=s).astype(np.float32) for s in ((M, K), (N, K)))
    for B in (W.T, np.ascontiguousarray(W.T)):
        expected, C = np.ones((2, M, N), np.float32)
        matmul_add(expected, A, np.ascontiguousarray(B))
        matmul_add_panels(C, A, panels(B))
        assert C.tobytes() == expected.tobytes()


@pytest.mark.parametrize("size", [33, 730])  # the second outgrows the cache
def test_steps_are_added_from_the_last_to_the_first(size: int) -> None:
    draw = np.random.default_rng(0)
    A, B = draw.normal(size=(2, 3, 200, size)).astype(np.float32)
    expected, C = np.ones((2, size, size), np.float32)
    for t in (2, 1, 0):
        matmul_add(expected, A[t].T, B[t])
    matmul_add_steps(C, A, B)
    assert C.tobytes() == expected.tobytes()
