"""Against tea-tasting, the whole way from cells: what is the same formula to the last digits, and where it differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tea_tasting

from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.stats.cuped import adjusted
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import Covariates, SampleSummary, StratumPair
from impact_pipeline_tests.estimators.questions import estimated, question
from impact_pipeline_tests.oracles.same_units import SAME_FORMULA, UNITS, estimate, rows
from impact_pipeline_tests.small_studies import Array, moments

SLOPES_DIFFER = 0.03
"""Standard errors: tea-tasting's slope is over both arms together, whose difference is part of both variances."""

LIFTS_DIFFER = 0.02
"""Relative width of the lift's interval: Fieller's is exact for normal means, the delta method's symmetric."""

UNIT_MEANS = ("mean", "mean_absolute_cap", "proportion", "count", "retention", "funnel", "days_of_use", "composite")


def analysed(frame: pd.DataFrame, peer: Any) -> Any:
    return tea_tasting.Experiment(m=peer, variant="arm").analyze(frame, control="control")["m"]


def assert_same(found: Estimate, peer: Any) -> None:
    assert found.value == pytest.approx(peer.effect_size, rel=SAME_FORMULA)
    assert found.interval.lower == pytest.approx(peer.effect_size_ci_lower, rel=SAME_FORMULA)
    assert found.interval.upper == pytest.approx(peer.effect_size_ci_upper, rel=SAME_FORMULA)
    assert found.p_value == pytest.approx(peer.pvalue, rel=SAME_FORMULA)
    assert found.relative is not None
    assert found.relative.value == pytest.approx(peer.rel_effect_size, rel=SAME_FORMULA)
    width = found.relative.interval.upper - found.relative.interval.lower
    assert width == pytest.approx(peer.rel_effect_size_ci_upper - peer.rel_effect_size_ci_lower, rel=LIFTS_DIFFER)


@pytest.mark.parametrize("metric", UNIT_MEANS)
def test_means_over_units_are_welchs(metric: str) -> None:
    """`t = (ybar_t - ybar_c) / sqrt(s_t^2 / n_t + s_c^2 / n_c)` with Satterthwaite's degrees of freedom."""
    assert_same(estimate(metric), analysed(rows(metric), tea_tasting.Mean("y")))


@pytest.mark.parametrize("metric", ["ratio", "rate"])
def test_ratios_are_those_of_the_delta_method(metric: str) -> None:
    """`Var(R) = (s_yy - 2 R s_yd + R^2 s_dd) / (n dbar^2)`, arm by arm, then Welch's t."""
    assert_same(estimate(metric), analysed(rows(metric), tea_tasting.RatioOfMeans("y", "d")))


def test_a_percentile_cap_is_welchs_test_of_capped_values() -> None:
    found = estimate("mean_percentile_cap")
    frame = rows("mean_percentile_cap")
    assert found.cap is not None
    assert (frame["y"] >= found.cap).mean() == pytest.approx(0.02, abs=0.002)
    assert_same(found, analysed(frame.assign(y=frame["y"].clip(upper=found.cap)), tea_tasting.Mean("y")))


def test_a_covariate_is_subtracted_with_about_the_same_slope() -> None:
    """`ybar - theta (xbar - x)`; theta is `cov / var` within arms here, over the units of both arms there."""
    found = estimate("mean_one_covariate")
    assert_near(found, analysed(rows("mean_one_covariate"), tea_tasting.Mean("y", "x0")))


def test_a_ratio_is_adjusted_with_about_the_same_slope() -> None:
    """The slope is that of `(y - R d) / dbar`, with each arm's own R here and one R of both arms there."""
    frame = rows("ratio_two_covariates")
    arms = {arm: [as_cents(own[name]) for name in ("y", "d", "x0")] for arm, own in frame.groupby("arm")}
    treatment, control = (scaled_ratio(*arms[arm]) for arm in ("treatment", "control"))
    found = estimated(Cuped(), question("ratio", (treatment, control)))
    assert_near(found, analysed(frame, tea_tasting.RatioOfMeans("y", "d", "x0")))


def assert_near(found: Estimate, peer: Any) -> None:
    assert found.value == pytest.approx(peer.effect_size, abs=SLOPES_DIFFER * found.std_error)
    half_width = (peer.effect_size_ci_upper - peer.effect_size_ci_lower) / 2
    assert (found.interval.upper - found.interval.lower) / 2 == pytest.approx(half_width, rel=SLOPES_DIFFER)


def test_with_its_slope_the_adjusted_interval_is_its_own() -> None:
    """The two differ in theta alone."""
    frame = rows("mean_one_covariate")
    result = analysed(frame, tea_tasting.Mean("y", "x0"))
    theta = np.cov(frame["y"], frame["x0"])[0, 1] / frame["x0"].var()
    pair = StratumPair(1.0, *(_summary(frame[frame["arm"] == arm]) for arm in ("treatment", "control")))
    found = difference(adjusted([pair], (theta,)), 0.05, 2.0 * UNITS)
    assert found.value == pytest.approx(result.effect_size, rel=SAME_FORMULA)
    assert found.lower == pytest.approx(result.effect_size_ci_lower, rel=SAME_FORMULA)
    assert found.upper == pytest.approx(result.effect_size_ci_upper, rel=SAME_FORMULA)


def as_cents(values: pd.Series) -> Array:
    return np.asarray(np.rint(100 * values.to_numpy()), dtype=np.int64)


def scaled_ratio(y: Array, d: Array, x: Array) -> Moments:
    """Two decimals of outcome and covariate; the denominator counts."""
    return replace(moments(y, d // 100, x), y_scale=2, x_scales=(2,))


def _summary(frame: pd.DataFrame) -> SampleSummary:
    both = np.cov(frame["y"], frame["x0"])
    covariates = Covariates((frame["x0"].mean(),), (both[1, 1],), (both[0, 1],))
    return SampleSummary(float(len(frame)), frame["y"].mean(), both[0, 0], covariates)
