from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Result, Sample, Stratum
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.peer_tea_tasting import analysed, mean
from impact_pipeline_tests.small_studies import Array, mean_metric, moments, ratio_metric

CONTRAST = Contrast("treatment", "control")
METRIC = mean_metric(covariate="orders_before")
RATIO = ratio_metric(covariate="orders_before")
TOTAL_AND_WITHIN = 2e-3
"""tea-tasting takes theta over both arms together, we within arms: apart by a term of order 1 / n."""


def estimate(treatment: Moments, control: Moments, metric: Metric = METRIC) -> Result:
    stratum = Stratum("all cohorts", {"treatment": treatment, "control": control}, treatment.n + control.n)
    return Cuped().estimate(metric, Sample(("", ""), (stratum,)), CONTRAST, confidence_level=0.95)


def orders(rng: np.random.Generator, n: int, lift: float) -> tuple[Array, Array]:
    rate = rng.gamma(2, 2, n)
    return rng.poisson(rate * (1 + lift)), rng.poisson(rate)


def test_difference_and_lift_are_those_of_tea_tasting_at_large_n() -> None:
    rng = np.random.default_rng(7)
    arms = {"control": orders(rng, 20_000, 0), "treatment": orders(rng, 20_000, 0.1)}
    read = {arm: moments(y, x=x) for arm, (y, x) in arms.items()}
    found = estimate(read["treatment"], read["control"])
    result = analysed({arm: {"y": y, "x": x} for arm, (y, x) in arms.items()}, mean("y", "x"))
    assert isinstance(found, Estimate)
    assert found.relative is not None
    assert found.value == pytest.approx(result.effect_size, rel=TOTAL_AND_WITHIN)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=TOTAL_AND_WITHIN)
    assert found.relative.value == pytest.approx(result.rel_effect_size, rel=TOTAL_AND_WITHIN)
    assert found.relative.interval.lower == pytest.approx(result.rel_effect_size_ci_lower, rel=5e-3)
    assert found.relative.interval.upper == pytest.approx(result.rel_effect_size_ci_upper, rel=5e-3)


def test_variance_ratio_compares_with_the_plain_estimate_of_the_same_units() -> None:
    rng = np.random.default_rng(8)
    treatment, control = (moments(y, x=x) for y, x in (orders(rng, 300, 0.1), orders(rng, 300, 0)))
    found = estimate(treatment, control)
    stratum = Stratum("all cohorts", {"treatment": treatment, "control": control}, 600)
    plain = DifferenceInMeans().estimate(mean_metric(), Sample(("", ""), (stratum,)), CONTRAST, confidence_level=0.95)
    assert isinstance(found, Estimate)
    assert isinstance(plain, Estimate)
    assert found.variance_ratio == pytest.approx((found.std_error / plain.std_error) ** 2, rel=1e-12)
    assert found.variance_ratio is not None
    assert found.variance_ratio < 0.8


def test_a_constant_covariate_leaves_the_plain_estimate_under_its_own_name() -> None:
    found = estimate(moments([3, 5, 7], x=[1, 1, 1]), moments([1, 2, 3], x=[1, 1, 1]))
    assert isinstance(found, Estimate)
    assert (found.method, found.variance_ratio, found.value) == ("difference_in_means (covariate constant)", None, 3.0)


def test_a_constant_covariate_of_a_ratio_leaves_the_plain_ratio() -> None:
    found = estimate(moments([3, 5, 7], [9, 9, 9], [1, 1, 1]), moments([1, 2, 3], [9, 9, 9], [1, 1, 1]), RATIO)
    assert isinstance(found, Estimate)
    assert found.method == "ratio_of_sums (covariate constant)"


def test_an_outcome_explained_in_full_has_no_variance_left() -> None:
    found = estimate(moments([2, 4, 6], x=[1, 2, 3]), moments([4, 6, 8], x=[1, 2, 3]))
    assert isinstance(found, NotEstimable)
    assert (found.method, found.reason) == ("cuped", Reason.ZERO_VARIANCE)


def test_a_ratio_is_made_linear_before_it_is_adjusted() -> None:
    rng = np.random.default_rng(9)
    arms = []
    for n in (4000, 4000):
        views, rate = rng.poisson(5, n) + 1, rng.beta(2, 8, n)
        arms.append((rng.binomial(views, rate), views, rng.binomial(20, rate)))
    found = estimate(moments(*arms[0]), moments(*arms[1]), RATIO)
    assert isinstance(found, Estimate)
    assert found.method == "cuped"
    assert found.variance_ratio is not None
    linear = [(y - y.sum() / d.sum() * d) / d.mean() for y, d, _ in arms]
    x = np.concatenate([x - x.mean() for _, _, x in arms])
    slope = np.dot(np.concatenate(linear), x) / np.dot(x, x)
    by_hand = [y.sum() / d.sum() for y, d, _ in arms]
    expected = by_hand[0] - by_hand[1] - slope * (arms[0][2].mean() - arms[1][2].mean())
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.variance_ratio < 0.8


def test_an_uncertain_denominator_is_refused_before_the_adjustment() -> None:
    found = estimate(moments([1, 0, 2], [1, 9, 5], [1, 2, 3]), moments([1, 1, 1], [1, 1, 1], [1, 2, 3]), RATIO)
    assert isinstance(found, NotEstimable)
    assert (found.method, found.reason) == ("cuped", Reason.DENOMINATOR_NEAR_ZERO)
