from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS
from scipy.stats import ttest_ind

from impact_pipeline.stats.discontinuity.window import WindowFit, window_fit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.discontinuity.drawn import drawn

SAME_FORMULA = 1e-9


def found(*arguments: object, **settings: object) -> WindowFit:
    fit = window_fit(*arguments, **settings)  # type: ignore[arg-type]
    assert isinstance(fit, WindowFit)
    return fit


def test_a_difference_of_means_is_welchs() -> None:
    draw, side = drawn(), (drawn().score >= 0).astype(float)
    oracle = ttest_ind(draw.outcome[side == 1], draw.outcome[side == 0], equal_var=False)
    effect = found(draw.outcome, side).effect
    assert effect.p_value == pytest.approx(oracle.pvalue, rel=1e-7)
    assert effect.degrees_of_freedom == pytest.approx(oracle.df, rel=SAME_FORMULA)
    interval = oracle.confidence_interval(0.9)
    assert effect.interval(0.1) == pytest.approx((interval.low, interval.high), rel=SAME_FORMULA)


def test_covariates_and_clusters_agree_with_statsmodels() -> None:
    draw, side = drawn(), (drawn().score >= 0).astype(float)
    design = sm.add_constant(np.column_stack([side, draw.covariates.T]))
    oracle = sm.OLS(draw.outcome, design).fit(cov_type="cluster", cov_kwds={"groups": draw.cluster})
    effect = found(draw.outcome, side, covariates=draw.covariates.T, errors="cluster", cluster=draw.cluster).effect
    assert (effect.value, effect.std_error) == pytest.approx((oracle.params[1], oracle.bse[1]), rel=SAME_FORMULA)
    assert effect.degrees_of_freedom == len(np.unique(draw.cluster)) - 1


def test_a_fuzzy_window_is_two_stage_least_squares() -> None:
    draw, side = drawn(), (drawn().score >= 0).astype(float)
    oracle = IV2SLS(draw.outcome, np.ones(len(side)), draw.treatment, side).fit(cov_type="robust")
    fit = found(draw.outcome, side, treatment=draw.treatment, errors="HC0")
    assert fit.treatment is not None
    assert (fit.effect.value, fit.effect.std_error) == pytest.approx(
        (float(oracle.params.iloc[-1]), float(oracle.std_errors.iloc[-1])), rel=1e-7
    )
    assert fit.effect.value == pytest.approx(fit.outcome.value / fit.treatment.value)


def test_a_treatment_that_all_follow_is_the_side() -> None:
    draw, side = drawn(), (drawn().score >= 0).astype(float)
    fit = found(draw.outcome, side, treatment=side)
    assert fit.effect == found(draw.outcome, side).effect
    assert fit.treatment is not None
    assert (fit.treatment.value, fit.treatment.p_value, fit.treatment.interval(0.05)) == (1.0, 0.0, (1.0, 1.0))


def test_weights_weigh_the_means() -> None:
    outcome, side = np.array([1.0, 3.0, 5.0, 9.0]), np.array([0.0, 0.0, 1.0, 1.0])
    fit = found(outcome, side, weights=np.array([1.0, 3.0, 1.0, 1.0]))
    assert fit.means == (2.5, 7.0)
    assert fit.effect.value == pytest.approx(4.5)


@pytest.mark.parametrize(
    ("outcome", "side", "settings", "reason"),
    [
        ([1.0, 2, 3], [0.0, 0, 1], {}, "too_few_units"),
        ([2.0, 2, 2, 2], [0.0, 0, 1, 1], {}, "zero_variance"),
        ([1.0, 2, 3, 4], [0.0, 0, 1, 1], {"errors": "cluster", "cluster": np.zeros(4, dtype=int)}, "too_few_clusters"),
        ([1.0, 2, 3, 4], [0.0, 0, 1, 1], {"errors": "cluster", "cluster": np.array([0, 0, 1, 1])}, "too_few_clusters"),
        ([1.0, 2, 3, 4, 6], [0.0, 0, 1, 1, 1], {"covariates": np.array([[0.0, 0, 1, 1, 1]]).T}, "collinear"),
        ([1.0, 2, 3, 4], [0.0, 0, 1, 1], {"treatment": np.ones(4)}, "not_identified"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    outcome: list[float], side: list[float], settings: dict[str, object], reason: str
) -> None:
    fit = window_fit(np.array(outcome), np.array(side), **settings)  # type: ignore[arg-type]
    assert isinstance(fit, Refusal)
    assert fit.reason == reason
    assert fit.detail


def test_clustered_errors_need_clusters() -> None:
    with pytest.raises(ValueError, match="need a cluster"):
        window_fit(np.arange(4.0), np.array([0.0, 0, 1, 1]), errors="cluster")
