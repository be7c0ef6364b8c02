from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.partial_regression import Errors, PartialRegression, partial_regression
from impact_pipeline.stats.refusal import Refusal

SAME_FORMULA = 1e-9


@pytest.mark.parametrize(("errors", "by"), [("classical", "nonrobust"), ("HC1", "HC1"), ("cluster", "cluster")])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [0, 4])
def test_coefficient_and_errors_are_those_of_statsmodels(errors: Errors, by: str, weighted: bool, k: int) -> None:
    rng = np.random.default_rng(1)
    x, d, e = rng.normal(size=(k, 120)) + 2, rng.normal(size=120), rng.normal(size=120)
    cluster, weights = rng.integers(15, size=120), rng.uniform(0.5, 2, size=120) if weighted else np.ones(120)
    y = d + x.sum(axis=0) + e * np.abs(d)
    options = {"cov_kwds": {"groups": cluster}} if errors == "cluster" else {}
    oracle = sm.WLS(y, np.column_stack([np.ones(120), d, *x]), weights=weights).fit(cov_type=by, **options)
    found = partial_regression(
        y, d, {f"x{j}": own for j, own in enumerate(x)}, errors=errors, cluster=cluster,
        weights=weights if weighted else None,
    )  # fmt: skip
    assert isinstance(found, PartialRegression)
    assert (found.value, found.std_error) == pytest.approx((oracle.params[1], oracle.bse[1]), rel=SAME_FORMULA)
    assert found.left == oracle.df_resid


def test_partial_r_squared_is_the_share_of_squares_that_the_treatment_explains() -> None:
    rng = np.random.default_rng(2)
    x, d, e = rng.normal(size=(3, 50))
    found = partial_regression(d + x + e, d, {"x": x}, errors="HC1")
    assert isinstance(found, PartialRegression)
    share = 1 - float(np.sum(found.residuals**2)) / float(np.sum(found.outcome**2))
    assert found.partial_r_squared == pytest.approx(share, rel=SAME_FORMULA)


def test_a_treatment_that_covariates_determine_is_refused() -> None:
    x = np.arange(20.0)
    for treatment in (x, np.ones(20), 0.1 * np.ones(20)):
        found = partial_regression(np.sin(x), treatment, {"x": x})
        assert isinstance(found, Refusal)
        assert found.reason == "collinear"


def test_errors_that_cancel_within_clusters_are_refused() -> None:
    found = partial_regression(
        np.array([1.0, 3.0, 2.0, 6.0]), np.array([0.0, 0, 1, 1]), {}, errors="cluster", cluster=np.array([0, 0, 1, 1])
    )
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"
