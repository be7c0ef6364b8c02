from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.partialling import levelled, partialled
from impact_pipeline.stats.refusal import Refusal

SAME_FORMULA = 1e-10
"""Least squares by other decompositions, in double arithmetic."""


@pytest.mark.parametrize("weighted", [False, True])
def test_partialled_leaves_the_residuals_of_least_squares(weighted: bool) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(4, 60)) + 5, rng.normal(size=(2, 60)) + 1
    weights = rng.uniform(0.5, 2, size=60) if weighted else np.ones(60)
    found = partialled(y, x, tuple("abcd"), np.sqrt(weights) if weighted else None)
    assert isinstance(found, np.ndarray)
    for own, target in zip(found, y, strict=True):
        expected = sm.WLS(target, sm.add_constant(x.T), weights=weights).fit().resid * np.sqrt(weights)
        assert own == pytest.approx(expected, abs=SAME_FORMULA)


def test_partialled_keeps_its_digits_for_columns_that_are_nearly_alike() -> None:
    rng = np.random.default_rng(2)
    year = rng.integers(1990, 2020, size=500).astype(float)
    x = np.stack([year, year**2])
    found = partialled(np.stack([3 * year - 0.01 * year**2, year]), x, ("year", "year squared"))
    assert isinstance(found, np.ndarray)
    assert np.abs(found).max() < 1e-6


def test_partialled_of_no_covariates_takes_the_level_away() -> None:
    y = np.array([[1.0, 2.0, 6.0]])
    found = partialled(y, np.empty((0, 3)), ())
    assert isinstance(found, np.ndarray)
    assert found.tolist() == levelled(y).tolist() == [[-2.0, -1.0, 3.0]]


@pytest.mark.parametrize(
    ("column", "told"),
    [(np.full(50, 7.0), "covariate 'b' does not vary"), (None, "covariate 'b' is a combination of the ones before it")],
)
def test_partialled_refuses_a_covariate_that_adds_nothing(column: np.ndarray | None, told: str) -> None:
    a = np.random.default_rng(3).normal(size=50)
    found = partialled(a[None], np.stack([a, 2 * a - 1 if column is None else column]), ("a", "b"))
    assert isinstance(found, Refusal)
    assert (found.reason, told in found.detail) == ("collinear", True)
