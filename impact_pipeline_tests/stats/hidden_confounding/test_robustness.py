from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.hidden_confounding.partial_r_squared import partial_r_squared
from impact_pipeline.stats.hidden_confounding.robustness import adjusted, as_strong_as, robustness_value

PRINTED = 5e-5
SAME_FORMULA = 1e-9
DARFUR = {"value": 0.09731582, "std_error": 0.02325654, "left": 783.0}
FEMALE = (0.1090294, 0.0090766)
"""Partial R2 of 'female' with outcome and treatment; from them sensemakr's 0.12464 and 0.00916."""


def test_robustness_values_of_darfur() -> None:
    """Cinelli, Hazlett (2020), Table 1, and the print of R's sensemakr: 0.13878, 0.07626."""
    t = DARFUR["value"] / DARFUR["std_error"]
    assert robustness_value(t, 783.0) == pytest.approx(0.13878, abs=PRINTED)
    assert robustness_value(t, 783.0, alpha=0.05) == pytest.approx(0.07626, abs=PRINTED)


@pytest.mark.parametrize(("times", "printed"), [(1, 0.0752), (2, 0.0529), (3, 0.0304)])
def test_effects_beside_a_confounder_like_female(times: int, printed: float) -> None:
    """sensemakr's vignette: 1x, 2x and 3x female."""
    found = adjusted(
        **DARFUR, with_outcome=as_strong_as(*FEMALE, times)[0], with_treatment=as_strong_as(*FEMALE, times)[1]
    )  # type: ignore[arg-type]
    assert found.value == pytest.approx(printed, abs=1e-4)


@pytest.mark.parametrize("t", [0.5, 2.5, 20.0])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_confounder_of_the_robustness_value_takes_away_its_share(t: float, share: float) -> None:
    strength = robustness_value(t, 100.0, share=share)
    assert adjusted(t, 1.0, 100.0, strength, strength).value == pytest.approx((1 - share) * t, abs=1e-9)


@pytest.mark.parametrize("t", [2.5, -4.0, 9.0])
def test_a_confounder_of_the_second_value_takes_away_significance(t: float) -> None:
    strength = robustness_value(t, 100.0, alpha=0.05)
    found = adjusted(t, 1.0, 100.0, strength, strength)
    assert min(abs(found.lower), abs(found.upper)) == pytest.approx(0, abs=1e-9)


def test_an_effect_that_is_not_significant_has_nothing_to_lose() -> None:
    assert robustness_value(1.5, 100.0, alpha=0.05) == 0.0
    assert robustness_value(0.0, 100.0) == 0.0


def test_an_extreme_effect_needs_the_treatment_alone_to_be_explained() -> None:
    """Where f exceeds 1 / f*, of three degrees of freedom: Cinelli, Hazlett (2020), as sensemakr has it."""
    found = robustness_value(30.0, 3.0, alpha=0.05)
    assert 0 < found < 1
    assert found == pytest.approx((300 - 4.3026527**2 / 2) / 301, rel=1e-6)


def test_adjusted_effects_are_those_of_the_regression_with_the_confounder() -> None:
    """The identity of omitted-variable bias: value, error and interval as with the hidden column at hand."""
    rng = np.random.default_rng(1)
    x, hidden, e = rng.normal(size=(3, 200))
    d = x + 0.7 * hidden + rng.normal(size=200)
    y = 2 * d + x + 0.8 * hidden + e
    without = sm.OLS(y, sm.add_constant(np.column_stack([d, x]))).fit()
    full = sm.OLS(y, sm.add_constant(np.column_stack([d, x, hidden]))).fit()
    with_outcome = partial_r_squared(y, np.stack([d, x, hidden]))[2]
    with_treatment = partial_r_squared(d, np.stack([x, hidden]))[1]
    found = adjusted(without.params[1], without.bse[1], without.df_resid, with_outcome, with_treatment)
    assert (found.value, found.std_error) == pytest.approx((full.params[1], full.bse[1]), rel=SAME_FORMULA)
    assert (found.lower, found.upper) == pytest.approx(tuple(full.conf_int()[1]), rel=1e-6)


def test_a_covariate_that_is_half_of_the_treatment_has_no_equal() -> None:
    outcome, treatment = as_strong_as(np.array([0.1, 0.1]), np.array([0.6, 0.1]))
    assert np.isnan([outcome[0], treatment[0]]).all()  # type: ignore[index]
    assert np.isfinite([outcome[1], treatment[1]]).all()  # type: ignore[index]


def test_partial_r_squared_is_that_of_t_statistics() -> None:
    rng = np.random.default_rng(2)
    x, weights = rng.normal(size=(3, 80)) + 4, rng.uniform(0.5, 2, size=80)
    y = x[0] + 0.3 * x[1] + rng.normal(size=80)
    fit = sm.WLS(y, sm.add_constant(x.T), weights=weights).fit()
    expected = fit.tvalues[1:] ** 2 / (fit.tvalues[1:] ** 2 + fit.df_resid)
    assert partial_r_squared(y, x, weights) == pytest.approx(expected, rel=SAME_FORMULA)


def test_robustness_value_is_that_of_double_ml_on_a_linear_model() -> None:
    """DoubleML's differs by cross-fitting alone (Chernozhukov et al. 2022)."""
    import doubleml
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(3)
    n = 4000
    x = rng.normal(size=(n, 2))
    d = x[:, 0] + rng.normal(size=n)
    y = 0.3 * d + x.sum(axis=1) + rng.normal(size=n)
    np.random.seed(1)
    model = doubleml.DoubleMLPLR(
        doubleml.DoubleMLData.from_arrays(x, y, d), LinearRegression(), LinearRegression(), n_folds=10
    )
    model.fit()
    model.sensitivity_analysis(rho=1.0)
    fit = sm.OLS(y, sm.add_constant(np.column_stack([d, x]))).fit()
    assert robustness_value(fit.tvalues[1], fit.df_resid) == pytest.approx(
        float(model.sensitivity_params["rv"][0]), abs=2e-3
    )
