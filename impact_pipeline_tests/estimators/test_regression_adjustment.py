from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.question import Question
from impact_pipeline.estimators.regression_adjustment import RegressionAdjustment
from impact_pipeline_tests.estimators.questions import estimated, question, refused
from impact_pipeline_tests.small_studies import Array, moments


def units(seed: int, n: int = 2000) -> tuple[Array, Array, Array]:
    """Outcome, whether treated (a quarter is), and two covariates; the effect grows with the first."""
    rng = np.random.default_rng(seed)
    x = np.round(100 * rng.gamma(2, 1, (2, n)) + 50 * rng.gamma(2, 1, n)).astype(int)
    treated = rng.random(n) < 0.25
    y = np.round(x[0] * (0.5 + 1.5 * treated) + 0.3 * x[1] + rng.normal(0, 100, n)).astype(int)
    return y, treated, x


def asked(y: Array, treated: Array, x: Array) -> Question:
    treatment, control = (moments(y[chosen], x=x[:, chosen]) for chosen in (treated, ~treated))
    return question("mean", (treatment, control))


def test_effect_is_that_of_lins_interacted_regression() -> None:
    y, treated, x = units(1)
    found = estimated(RegressionAdjustment(), asked(y, treated, x))
    centred = (x - x.mean(axis=1, keepdims=True)).T
    rows = np.column_stack([np.ones(len(y)), treated, centred, treated[:, None] * centred])
    fit = sm.OLS(y, rows).fit(cov_type="HC2")
    apart = fit.params[4:]
    of_mean = float(apart @ np.cov(centred.T) @ apart) / len(y)
    assert found.method == "regression_adjustment"
    assert found.value == pytest.approx(fit.params[1], rel=1e-9)
    assert found.std_error == pytest.approx(sqrt(fit.bse[1] ** 2 + of_mean), rel=0.01)


def test_where_slopes_differ_it_is_more_precise_than_cuped() -> None:
    lin, cuped, plain = (
        estimated(method, asked(*units(2))).std_error
        for method in (RegressionAdjustment(), Cuped(), DifferenceInMeans())
    )
    assert lin < 0.98 * cuped
    assert cuped < plain


def test_variance_ratio_is_over_the_plain_difference() -> None:
    found, plain = (estimated(method, asked(*units(3))) for method in (RegressionAdjustment(), DifferenceInMeans()))
    assert found.variance_ratio == pytest.approx((found.std_error / plain.std_error) ** 2, rel=1e-12)


def test_a_ratio_is_made_linear_in_each_arm_before_it_is_adjusted() -> None:
    rng = np.random.default_rng(4)
    arms = [(rng.binomial(9, 0.3, n), rng.poisson(6, n) + 1, rng.poisson(3, (2, n))) for n in (300, 900)]
    arms = [(y + x[0], d + x[1], x) for y, d, x in arms]
    found = estimated(RegressionAdjustment(), question("ratio", (moments(*arms[0]), moments(*arms[1]))))
    everyone = np.concatenate([x for _, _, x in arms], axis=1).mean(axis=1, keepdims=True)
    by_hand = []
    for y, d, x in arms:
        linear = y.sum() / d.sum() + (y - y.sum() / d.sum() * d) / d.mean()
        fit = sm.OLS(linear, np.column_stack([np.ones(len(y)), (x - everyone).T])).fit()
        by_hand.append(float(fit.params[0]))
    assert found.value == pytest.approx(by_hand[0] - by_hand[1], rel=1e-9)


def test_covariates_that_never_vary_leave_the_plain_estimate_under_its_own_name() -> None:
    arms = moments([3, 5, 7], x=[1, 1, 1]), moments([1, 2, 3], x=[4, 4, 4])
    found = estimated(RegressionAdjustment(), question("mean", arms))
    assert (found.method, found.value, found.variance_ratio) == ("difference_in_means (covariate constant)", 3.0, None)


def test_a_covariate_that_varies_in_one_arm_only_adjusts_that_arm() -> None:
    arms = moments([3, 5, 8], x=[1, 2, 3]), moments([1, 2, 3], x=[4, 4, 4])
    found = estimated(RegressionAdjustment(), question("mean", arms))
    assert found.method == "regression_adjustment"
    assert found.means["control"] == 2.0
    assert found.means["treatment"] == pytest.approx(16 / 3 + 2.5 * 1.0)


def test_arms_explained_in_full_by_slopes_of_their_own_still_vary_with_the_covariate() -> None:
    x = np.arange(30)
    found = estimated(RegressionAdjustment(), question("mean", (moments(2 * x, x=x), moments(x, x=x))))
    assert found.std_error == pytest.approx(sqrt(np.var(x, ddof=1) / 60))


def test_an_outcome_explained_in_full_by_the_same_slopes_has_no_variance_left() -> None:
    x = np.arange(30)
    found = refused(RegressionAdjustment(), question("mean", (moments(2 * x, x=x), moments(2 * x + 7, x=x))))
    assert (found.method, found.reason) == ("regression_adjustment", Reason.ZERO_VARIANCE)
    assert found.detail.startswith("the covariates explain every difference between units; ")
