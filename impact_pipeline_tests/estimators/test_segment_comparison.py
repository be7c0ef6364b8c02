from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.difference_in_quantiles import DifferenceInQuantiles
from impact_pipeline.estimators.segment_comparison import compare_segments
from impact_pipeline.stats.multiplicity import holm
from impact_pipeline_tests.estimators.questions import estimated, question
from impact_pipeline_tests.estimators.test_difference_in_quantiles import asked, spent
from impact_pipeline_tests.small_studies import moments

HIGHER = {"orders": True, "latency": False}


def estimate(segment: str, value: str, effect: float, seed: int = 1, metric: str = "orders") -> Estimate:
    rng = np.random.default_rng(seed)
    treatment, control = (moments(np.round(rng.normal(mean, 100, 400))) for mean in (1000 + effect, 1000))
    found = estimated(DifferenceInMeans(), question("mean", (treatment, control)))
    return replace(found, segment=(segment, value), metric=metric)


def test_values_of_a_segment_are_compared_by_cochrans_q() -> None:
    results = [estimate("device", "web", 40.0, 1), estimate("device", "app", 0.0, 2), estimate("device", "tv", 10.0, 3)]
    [found] = compare_segments(HIGHER, [estimate("", "", 20.0), *results])
    weights = np.array([1 / result.std_error**2 for result in results])
    values = np.array([result.value for result in results])
    statistic = float(weights @ (values - weights @ values / weights.sum()) ** 2)
    assert (found.metric, found.contrast, found.segment) == ("orders", Contrast("treatment", "control"), "device")
    assert (found.label, found.degrees_of_freedom) == ("exploratory", 2)
    assert found.statistic == pytest.approx(statistic, rel=1e-12)
    assert found.p_value == found.adjusted_p_value == pytest.approx(stats.chi2.sf(statistic, 2), rel=1e-9)
    assert found.i_squared == pytest.approx(1 - 2 / statistic)
    assert [value.value for value in found.values] == ["app", "tv", "web"]


def test_intervals_of_all_values_hold_at_once() -> None:
    results = [estimate("device", "app", 0.0, 2), estimate("device", "web", 40.0, 1)]
    [found] = compare_segments(HIGHER, results)
    for value, result in zip(found.values, results, strict=True):
        assert result.degrees_of_freedom is not None
        half_width = stats.t.ppf(1 - 0.05 / 4, result.degrees_of_freedom) * result.std_error
        assert (value.effect, value.interval.level) == (result.value, 0.95)
        assert value.interval.upper - value.effect == pytest.approx(half_width, rel=1e-9)
        assert value.p_value == pytest.approx(min(1.0, 2 * result.p_value), rel=1e-9)


@pytest.mark.parametrize(("metric", "worst"), [("orders", "app"), ("latency", "web")])
def test_the_worst_value_is_told_by_the_metrics_direction(metric: str, worst: str) -> None:
    results = [estimate("device", "app", -40.0, 2, metric), estimate("device", "web", 40.0, 1, metric)]
    [found] = compare_segments(HIGHER, results)
    assert found.worst == worst


def test_all_comparisons_of_a_look_are_corrected_together() -> None:
    results = [
        estimate(segment, value, effect, seed, metric)
        for metric in ("orders", "latency")
        for segment in ("country", "device")
        for value, effect, seed in (("a", 0.0, 1), ("b", 15.0 if metric == "orders" else 2.0, 2))
    ]
    found = compare_segments(HIGHER, results)
    assert [(one.metric, one.segment) for one in found] == [
        ("latency", "country"), ("latency", "device"), ("orders", "country"), ("orders", "device"),
    ]  # fmt: skip
    assert tuple(one.adjusted_p_value for one in found) == holm([one.p_value for one in found])


def test_a_single_value_or_none_with_an_estimate_is_not_compared() -> None:
    alone = estimate("device", "app", 0.0)
    nothing = NotEstimable("orders", alone.contrast, ("device", "web"), "none", Reason.EMPTY_ARM, "no unit", {})
    assert compare_segments(HIGHER, [estimate("", "", 0.0), alone, nothing]) == ()
    assert compare_segments(HIGHER, []) == ()


def test_estimates_that_are_normal_have_intervals_too() -> None:
    results = [
        replace(estimated(DifferenceInQuantiles(), asked((spent(seed, 400), spent(9, 400)))), segment=("device", name))
        for seed, name in ((1, "app"), (2, "web"))
    ]
    [found] = compare_segments(HIGHER, results)
    for value, result in zip(found.values, results, strict=True):
        half_width = stats.norm.ppf(1 - 0.05 / 4) * result.std_error
        assert value.interval.upper - value.effect == pytest.approx(half_width, rel=1e-9)
