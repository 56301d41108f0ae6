"""exp, log, sigmoid and tanh against NumPy."""

from typing import Any

import numpy as np
import pytest

from counting.base.types import Array
from counting.engine import math
from counting.engine.compiler import jit


@jit
def each(x: Array, out: Array) -> None:
    for i in range(x.shape[1]):
        out[0, i], out[1, i] = math.exp(x[0, i]), math.log(x[1, i])
        out[2, i], out[3, i] = math.sigmoid(x[0, i]), math.tanh(x[0, i])


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


def test_exp_is_never_infinite_and_never_zero() -> None:
    x, out = np.ones((2, 2), np.float32), np.empty((4, 2), np.float32)
    x[0] = -1e30, 1e30
    each(x, out)
    assert 0 < out[0, 0] < 1e-37
    assert 1e38 < out[0, 1] < np.inf
    assert out[2:].tolist() == [[pytest.approx(0, abs=1e-37), 1], [-1, 1]]
