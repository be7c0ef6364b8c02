from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from impact_pipeline.calibration.scenarios.interrupted_time_series import related_errors
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.time_series.autoregressive_errors import autoregressive_fit

SEARCHED = 1e-4
"""Both maxima are found by a search that stops at 1e-5 of the correlation."""


def by_matrices(x: Array, y: Array, places: Array) -> tuple[float, Array, Array]:
    """REML with the whole matrix `r^|s - t|`: correlation, coefficients, covariance."""
    n, k = x.shape
    apart = np.abs(np.subtract.outer(places, places))

    def pieces(r: float) -> tuple[Array, Array, Array, float]:
        inverse = np.linalg.inv(r**apart)
        gram = x.T @ inverse @ x
        b = np.linalg.solve(gram, x.T @ inverse @ y)
        return inverse, gram, b, float((y - x @ b) @ inverse @ (y - x @ b))

    def loss(r: float) -> float:
        inverse, gram, _, squares = pieces(r)
        return (n - k) * np.log(squares) - np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(gram)[1]

    r = float(minimize_scalar(loss, bounds=(-0.99, 0.99), method="bounded").x)
    _, gram, b, squares = pieces(r)
    return r, b, squares / (n - k) * np.linalg.inv(gram)


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.6])
def test_fit_is_that_of_the_whole_covariance_matrix_with_gaps(correlation: float) -> None:
    rng = np.random.default_rng(5)
    places = np.sort(rng.permutation(80)[:60])
    errors = related_errors(80, correlation, rng)[places]
    x = np.column_stack([np.ones(60), places / 10, places > 40])
    y = x @ np.array([1.0, 0.5, 2.0]) + errors
    found = autoregressive_fit(x, y, places)
    r, b, covariance = by_matrices(x, y, places)
    assert found.correlation == pytest.approx(r, abs=SEARCHED)
    assert found.coefficients == pytest.approx(b, abs=SEARCHED)
    assert found.covariance == pytest.approx(covariance, rel=1e-3)


def test_innovations_are_white_and_degrees_of_freedom_count_independent_periods() -> None:
    rng = np.random.default_rng(1)
    found = autoregressive_fit(np.ones((4000, 1)), related_errors(4000, 0.5, rng), np.arange(4000))
    left = found.innovations
    assert abs(float(np.corrcoef(left[1:], left[:-1])[0, 1])) < 0.05
    assert found.degrees_of_freedom == pytest.approx(4000 * 0.5 / 1.5 - 1, rel=0.1)


def test_degrees_of_freedom_never_fall_below_three() -> None:
    found = autoregressive_fit(np.ones((30, 1)), np.arange(30.0) ** 2, np.arange(30))
    assert found.correlation > 0.9
    assert found.degrees_of_freedom == 3.0
