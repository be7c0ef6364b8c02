from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PooledOLS

from impact_pipeline.stats.newey_west import newey_west, small_sample, usual_lags
from impact_pipeline_tests.stats.linear_models import fitted, read, with_mean

SAME_FORMULA = 1e-10
"""Equal formulas in double arithmetic, by other decompositions."""


def test_errors_of_californias_cigarette_sales_are_those_that_linden_prints() -> None:
    """Linden (2015), Stata Journal 15: interrupted time series of Proposition 99, Newey-West with one lag."""
    rows = read("its_prop99.csv")
    fit = fitted(with_mean(rows["t"], rows["x"], rows["xt"]), rows["cigsale"])
    errors = np.sqrt(np.diag(newey_west(fit, rows["year"], 1)))
    assert fit.coefficients[1:] == pytest.approx([-1.7795, -20.0581, -1.4947], abs=5e-5)
    assert errors[1:] == pytest.approx([0.3834, 4.7244, 0.4368], abs=5e-5)


@pytest.mark.parametrize("lags", [0, 1, 5])
def test_covariance_equals_that_of_statsmodels(lags: int) -> None:
    rng = np.random.default_rng(lags)
    x = with_mean(rng.normal(size=80))
    y = np.cumsum(rng.normal(size=80))
    peer = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    assert newey_west(fitted(x, y), np.arange(80), lags) == pytest.approx(peer.cov_params(), rel=SAME_FORMULA)


def test_rows_of_one_period_are_taken_together_as_driscoll_and_kraay_do() -> None:
    rng = np.random.default_rng(2)
    unit, period = np.repeat(np.arange(5), 30), np.tile(np.arange(30), 5)
    x = with_mean(rng.normal(size=150))
    y = rng.normal(size=30)[period] + rng.normal(size=150)
    index = pd.MultiIndex.from_arrays([unit, period])
    model = PooledOLS(pd.DataFrame({"y": y}, index=index), pd.DataFrame(x, index=index, columns=["mean", "x"]))
    peer = model.fit(cov_type="kernel", kernel="bartlett", bandwidth=3, debiased=True)
    assert newey_west(fitted(x, y), period, 3) == pytest.approx(peer.cov.to_numpy(), rel=1e-8)


def test_small_sample_share_and_degrees_of_freedom_are_those_of_the_quadratic_form() -> None:
    """`V = e' A e` written out: tr A is the mean of V, 2 tr(A A) its variance, for independent errors of variance 1."""
    rng = np.random.default_rng(6)
    period = np.repeat(np.arange(12), 2)
    x, contrast, lags = with_mean(rng.normal(size=24)), np.array([0.5, 1.0]), 3
    fit = fitted(x, rng.normal(size=24))
    maker = np.eye(24) - x @ np.linalg.inv(x.T @ x) @ x.T
    pull = np.linalg.inv(x.T @ x) @ contrast @ x.T
    summing = (np.arange(12)[:, None] == period) * pull
    kernel = np.maximum(0, 1 - np.abs(np.subtract.outer(np.arange(12), np.arange(12))) / (lags + 1))
    form = 24 / 22 * maker @ summing.T @ kernel @ summing @ maker
    true = contrast @ np.linalg.inv(x.T @ x) @ contrast
    assert fit.residuals @ form @ fit.residuals == pytest.approx(contrast @ newey_west(fit, period, lags) @ contrast)
    expected = np.trace(form) / true, np.trace(form) ** 2 / np.trace(form @ form)
    assert small_sample(fit, period, lags, contrast) == pytest.approx(expected, rel=1e-10)


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    x, y, shuffled = with_mean(rng.normal(size=40)), rng.normal(size=40), rng.permutation(40)
    found = newey_west(fitted(x[shuffled], y[shuffled]), shuffled, 2)
    assert found == pytest.approx(newey_west(fitted(x, y), np.arange(40), 2), rel=1e-12)


def test_lags_beyond_the_series_end_with_it() -> None:
    fit = fitted(np.ones((4, 1)), np.array([1.0, 2.0, 4.0, 3.0]))
    assert newey_west(fit, range(4), 50).shape == (1, 1)


def test_lags_grow_slowly_with_the_periods() -> None:
    assert [usual_lags(periods) for periods in (10, 50, 100, 400)] == [2, 3, 4, 5]
