"""Against scipy.stats, the whole way from cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.diagnostics.base import Evidence
from impact_pipeline.diagnostics.sample_ratio import SampleRatio
from impact_pipeline.estimators.bayesian_reading import BayesianReading, read_bayesian, std_error_of_lift
from impact_pipeline_tests.oracles.same_units import SAME_FORMULA, estimate, order_rows, rows
from impact_pipeline_tests.simulations.shop import study as shop_study
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study

BUCKET = 0.01
"""Relative: values are kept to three significant digits."""


@pytest.mark.parametrize("metric", ["mean", "mean_absolute_cap", "count", "retention", "funnel"])
def test_means_are_compared_by_welchs_test(metric: str) -> None:
    found, frame = estimate(metric), rows(metric)
    treatment, control = (frame.loc[frame["arm"] == arm, "y"] for arm in ("treatment", "control"))
    test = stats.ttest_ind(treatment, control, equal_var=False)
    assert (found.p_value, found.degrees_of_freedom) == pytest.approx((test.pvalue, test.df), rel=SAME_FORMULA)
    interval = test.confidence_interval(0.95)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(tuple(interval), rel=SAME_FORMULA)


@pytest.mark.parametrize("metric", ["quantile", "event_quantile"])
def test_quantiles_are_the_smallest_values_that_reach_their_share(metric: str) -> None:
    """The inverse of the empirical distribution, over units and over their orders."""
    frame, probability = (rows("quantile"), 0.8) if metric == "quantile" else (order_rows(), 0.9)
    value = "y" if metric == "quantile" else "item_price"
    found = estimate(metric)
    for arm, mean in found.means.items():
        expected = np.quantile(frame.loc[frame["arm"] == arm, value], probability, method="inverted_cdf")
        assert mean == pytest.approx(expected, rel=BUCKET)


def test_an_interval_of_a_quantile_is_about_that_of_order_statistics() -> None:
    """Woodruff's error of each arm against the exact binomial interval of `quantile_test`, half as wide as 2 z."""
    frame, found = rows("quantile"), estimate("quantile")
    widths = []
    for arm in ("treatment", "control"):
        test = stats.quantile_test(frame.loc[frame["arm"] == arm, "y"], p=0.8)
        interval = test.confidence_interval(0.95)
        widths.append((interval.high - interval.low) / (2 * stats.norm.ppf(0.975)))
    assert found.std_error == pytest.approx(np.hypot(*widths), rel=DISCRETE)


DISCRETE = 0.1
"""Order statistics jump from one value to the next."""


@pytest.mark.parametrize("counts", [(821_588, 815_482), (5_012, 4_988), (120, 80)])
def test_the_one_shot_mismatch_is_pearsons(counts: tuple[int, int]) -> None:
    found = cells(exposed("control", counts[0]), exposed("treatment", counts[1]))
    finding = SampleRatio().check(study(mean_metric()), Evidence(found, START, {}))
    test = stats.chisquare(counts)
    assert finding.details["chi_square"] == pytest.approx(test.statistic, rel=SAME_FORMULA)
    assert finding.details["chi_square_p_value"] == pytest.approx(test.pvalue, rel=SAME_FORMULA)


def test_a_bayesian_reading_is_the_product_of_two_normal_densities() -> None:
    """Prior and likelihood multiplied on a grid, and added up."""
    found = estimate("count")
    error = std_error_of_lift(found)
    assert found.relative is not None
    assert error is not None
    prior = shop_study("count", 1, prior={"mean_lift": 0.02, "lift_std_dev": 0.05})
    [reading] = read_bayesian(prior, [found], ())
    assert isinstance(reading, BayesianReading)
    lifts = np.linspace(-0.6, 0.6, 200_001)
    density = stats.norm.pdf(lifts, 0.02, 0.05) * stats.norm.pdf(found.relative.value, lifts, error)
    weights = density / density.sum()
    assert reading.mean == pytest.approx(float(weights @ lifts), rel=GRID)
    assert reading.probability_better == pytest.approx(float(weights @ (lifts > 0)), rel=1e-4)
    assert reading.loss_if_shipped == pytest.approx(float(weights @ np.maximum(0, -lifts)), rel=GRID)
    assert reading.loss_if_kept == pytest.approx(float(weights @ np.maximum(0, lifts)), rel=GRID)


GRID = 1e-6
"""Relative: steps of 6e-6."""
