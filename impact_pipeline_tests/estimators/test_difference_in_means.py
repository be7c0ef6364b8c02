from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Estimate, Reason
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.estimators.questions import estimated, question, refused
from impact_pipeline_tests.peer_tea_tasting import analysed, mean
from impact_pipeline_tests.small_studies import moments


def estimate(*strata: tuple[Moments, Moments], margin: Margin | None = None) -> Estimate:
    return estimated(DifferenceInMeans(), question("mean", *strata, margin=margin))


def test_estimate_carries_means_units_method_and_estimand() -> None:
    found = estimate((moments([3, 5, 7]), moments([1, 2, 3, 6])))
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
    assert (found.inference, found.variance_ratio, found.cap) == ("fixed_horizon", None, None)


def test_difference_and_interval_equal_tea_tasting() -> None:
    rng = np.random.default_rng(2)
    y = {"control": rng.poisson(3, 500), "treatment": rng.poisson(4, 400)}
    found = estimate((moments(y["treatment"]), moments(y["control"])))
    result = analysed({arm: {"y": values} for arm, values in y.items()}, mean("y"))
    assert found.value == pytest.approx(result.effect_size, rel=1e-11)
    assert found.interval.lower == pytest.approx(result.effect_size_ci_lower, rel=1e-11)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=1e-11)
    assert found.p_value == pytest.approx(result.pvalue, rel=1e-9)


def test_several_phases_are_combined_and_named() -> None:
    found = estimate((moments([3, 5, 7]), moments([1, 2, 3, 6])), (moments([4, 4, 6]), moments([4, 8])))
    assert found.value == pytest.approx(7 / 12 * 2 + 5 / 12 * (14 / 3 - 6))
    assert found.method == "difference_in_means, post-stratified by phase"


def test_what_was_left_out_lowers_the_grade_and_is_noted() -> None:
    asked = question("mean", (moments([3, 5, 7]), moments([1, 2, 3])))
    found = estimated(DifferenceInMeans(), asked, notes=("the phase from 2026-03-02 is left out",))
    assert (found.grade, found.notes) == ("B", ("the phase from 2026-03-02 is left out",))


def test_units_that_never_differ_have_no_interval() -> None:
    found = refused(DifferenceInMeans(), question("mean", (moments([3, 3]), moments([1, 1]))))
    assert found.reason is Reason.ZERO_VARIANCE
    assert found.detail == "no unit differs from another within its arm; a difference has no uncertainty"


def test_a_lift_over_a_control_of_zero_is_refused_and_the_difference_kept() -> None:
    found = estimate((moments([0, 1, 1]), moments([0, 0, 0])))
    assert found.relative is None
    assert found.relative_refused == "the control mean is not above 0"


def test_a_lift_over_a_control_near_zero_is_refused_with_the_level() -> None:
    found = estimate((moments([1, 2, 3]), moments([0, 0, 3])))
    assert found.relative is None
    assert found.relative_refused == (
        "the control mean is not clearly above 0 (at level 0.95), so a lift over it has no bounded interval"
    )


def test_an_absolute_margin_is_tested_in_the_metrics_unit() -> None:
    same = (moments([30, 31, 32]), moments([30, 31, 32]))
    found = estimate(same, margin=Margin(absolute=5)).non_inferiority
    assert found is not None
    assert (found.margin, found.relative, found.level) == (5.0, False, 0.95)
    assert found.p_value < 0.01
    assert found.bound == pytest.approx(-1.74, abs=0.01)


def test_a_relative_margin_is_tested_as_a_share_of_control() -> None:
    same = (moments([30, 31, 32]), moments([30, 31, 32]))
    found = estimate(same, margin=Margin(relative=0.02)).non_inferiority
    assert found is not None
    assert found.relative
    assert found.p_value > 0.05
    assert found.bound == pytest.approx(-0.055, abs=0.001)


def test_a_relative_margin_of_a_control_of_zero_has_no_test() -> None:
    zero = (moments([0, 1, 1]), moments([0, 0, 0]))
    assert estimate(zero, margin=Margin(relative=0.02)).non_inferiority is None


def test_a_relative_margin_of_a_control_near_zero_has_a_test_and_no_bound() -> None:
    found = estimate((moments([1, 2, 3]), moments([0, 0, 3])), margin=Margin(relative=0.02)).non_inferiority
    assert found is not None
    assert found.bound is None


@pytest.mark.parametrize(("better", "bound"), [(1, "lower"), (-1, "upper")])
def test_the_better_direction_chooses_the_side_of_the_bound(better: int, bound: str) -> None:
    arms = (moments([30, 34, 32]), moments([30, 31, 32]))
    asked = question("mean", arms, margin=Margin(absolute=5), better=better, alpha=0.05)
    two_sided = estimated(DifferenceInMeans(), question("mean", arms, alpha=0.1)).interval
    found = estimated(DifferenceInMeans(), asked).non_inferiority
    assert found is not None
    assert found.bound == pytest.approx(getattr(two_sided, bound), rel=1e-12)


def test_a_proportion_is_the_mean_of_zeros_and_ones() -> None:
    assert estimate((moments([0, 1, 1, 1]), moments([0, 0, 1, 0]))).means == {"control": 0.25, "treatment": 0.75}
