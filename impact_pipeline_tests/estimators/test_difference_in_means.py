from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Sample, Stratum
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.peer_tea_tasting import analysed, mean
from impact_pipeline_tests.small_studies import mean_metric, moments, proportion_metric

CONTRAST = Contrast("treatment", "control")
METRIC = mean_metric()


def sample(*strata: tuple[Moments, Moments], notes: tuple[str, ...] = ()) -> Sample:
    return Sample(
        ("", ""),
        tuple(Stratum(f"phase {i}", {"treatment": t, "control": c}, t.n + c.n) for i, (t, c) in enumerate(strata)),
        notes,
    )


def estimate(found: Sample, margin: Margin | None = None) -> Estimate:
    result = DifferenceInMeans().estimate(METRIC, found, CONTRAST, confidence_level=0.95, margin=margin)
    assert isinstance(result, Estimate)
    return result


def test_estimate_carries_means_units_method_and_estimand() -> None:
    found = estimate(sample((moments([3, 5, 7]), moments([1, 2, 3, 6]))))
    assert found.means == {"control": 3.0, "treatment": 5.0}
    assert found.n_per_arm == {"control": 4, "treatment": 3}
    assert (found.method, found.estimand, found.grade) == (
        "difference_in_means",
        "ATE (exposed units, intention to treat)",
        "A",
    )
    assert found.value == 2.0
    assert found.std_error == sqrt(4 / 3 + 14 / 3 / 4)
    assert found.interval.level == 0.95


def test_difference_and_interval_equal_tea_tasting() -> None:
    rng = np.random.default_rng(2)
    y = {"control": rng.poisson(3, 500), "treatment": rng.poisson(4, 400)}
    found = estimate(sample((moments(y["treatment"]), moments(y["control"]))))
    result = analysed({arm: {"y": values} for arm, values in y.items()}, mean("y"))
    assert found.value == pytest.approx(result.effect_size, rel=1e-11)
    assert found.interval.lower == pytest.approx(result.effect_size_ci_lower, rel=1e-11)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=1e-11)
    assert found.p_value == pytest.approx(result.pvalue, rel=1e-9)


def test_several_phases_are_combined_and_named() -> None:
    found = estimate(sample((moments([3, 5, 7]), moments([1, 2, 3, 6])), (moments([4, 4, 6]), moments([4, 8]))))
    assert found.value == pytest.approx(7 / 12 * 2 + 5 / 12 * (14 / 3 - 6))
    assert found.method == "difference_in_means, post-stratified by phase"


def test_what_was_left_out_lowers_the_grade_and_is_noted() -> None:
    found = estimate(sample((moments([3, 5, 7]), moments([1, 2, 3])), notes=("the phase from 2026-03-02 is left out",)))
    assert (found.grade, found.notes) == ("B", ("the phase from 2026-03-02 is left out",))


def test_units_that_never_differ_have_no_interval() -> None:
    found = DifferenceInMeans().estimate(
        METRIC, sample((moments([3, 3]), moments([1, 1]))), CONTRAST, confidence_level=0.95
    )
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.ZERO_VARIANCE
    assert found.detail == "no unit differs from another within its arm; a difference has no uncertainty"


def test_a_lift_over_a_control_of_zero_is_refused_and_the_difference_kept() -> None:
    found = estimate(sample((moments([0, 1, 1]), moments([0, 0, 0]))))
    assert found.relative is None
    assert found.relative_refused == "the control mean is not above 0"


def test_an_absolute_margin_is_tested_in_the_metrics_unit() -> None:
    found = estimate(sample((moments([30, 31, 32]), moments([30, 31, 32]))), Margin(absolute=5))
    assert found.non_inferiority is not None
    assert (found.non_inferiority.margin, found.non_inferiority.relative, found.non_inferiority.level) == (
        5.0,
        False,
        0.95,
    )
    assert found.non_inferiority.p_value < 0.01
    assert found.non_inferiority.bound == pytest.approx(-1.74, abs=0.01)


def test_a_relative_margin_is_tested_as_a_share_of_control() -> None:
    found = estimate(sample((moments([30, 31, 32]), moments([30, 31, 32]))), Margin(relative=0.02))
    assert found.non_inferiority is not None
    assert found.non_inferiority.relative
    assert found.non_inferiority.p_value > 0.05
    assert found.non_inferiority.bound == pytest.approx(-0.055, abs=0.001)


def test_a_relative_margin_of_a_control_of_zero_has_no_test() -> None:
    assert estimate(sample((moments([0, 1, 1]), moments([0, 0, 0]))), Margin(relative=0.02)).non_inferiority is None


def test_a_proportion_is_the_mean_of_zeros_and_ones() -> None:
    found = DifferenceInMeans().estimate(
        proportion_metric(), sample((moments([0, 1, 1, 1]), moments([0, 0, 1, 0]))), CONTRAST, confidence_level=0.95
    )
    assert isinstance(found, Estimate)
    assert found.means == {"control": 0.25, "treatment": 0.75}
