from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.arm_difference import ArmDifference, arm_difference, phase_pairs, two_means
from impact_pipeline_tests.small_studies import (
    Group,
    cells,
    mean_metric,
    moments,
    quantile_metric,
    ratio_metric,
    study,
)

RNG = np.random.default_rng(1)
CONTROL, TREATMENT = RNG.poisson(4, 300), RNG.poisson(5, 200)
D = np.full(300, 3), np.full(200, 2)
GROUPS = (
    Group("control", {"orders": moments(CONTROL, D[0], x=CONTROL + 1)}),
    Group("treatment", {"orders": moments(TREATMENT, D[1], x=TREATMENT + 2)}),
)


def found(metric: Metric, *groups: Group) -> ArmDifference | None:
    asked = study(metric)
    reading, *_ = asked.readings_of(metric)
    return arm_difference(asked, cells(*groups), metric, reading, "treatment")


def test_a_mean_is_compared_as_welch_did() -> None:
    result = found(mean_metric(), *GROUPS)
    assert result is not None
    assert result.change == pytest.approx(TREATMENT.mean() - CONTROL.mean(), rel=1e-12)
    assert result.p_value == pytest.approx(stats.ttest_ind(TREATMENT, CONTROL, equal_var=False).pvalue, rel=1e-9)


def test_a_ratio_over_a_constant_is_the_mean_over_it() -> None:
    result = found(ratio_metric("orders"), *GROUPS)
    assert result is not None
    assert (result.mean, result.control_mean) == pytest.approx((TREATMENT.mean() / 2, CONTROL.mean() / 3), rel=1e-12)
    expected = stats.ttest_ind(TREATMENT / 2, CONTROL / 3, equal_var=False).pvalue
    assert result.p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("outcome", "means"), [("d", (2, 3)), ("x", (TREATMENT.mean() + 2, CONTROL.mean() + 1))])
def test_other_sums_have_means_too(outcome: str, means: tuple[float, float]) -> None:
    pairs = phase_pairs(study(mean_metric()), cells(*GROUPS), "orders", "treatment")
    both = two_means(pairs, "mean", outcome)
    assert (both.treatment, both.control) == pytest.approx(means, rel=1e-12)


def test_a_quantile_one_arm_and_a_denominator_near_zero_are_not_compared() -> None:
    assert found(quantile_metric("orders"), *GROUPS) is None
    assert found(mean_metric(), GROUPS[0]) is None
    near = [Group(arm, {"orders": moments([1, 2, 3], d=[-1, 0, 2])}) for arm in ("control", "treatment")]
    assert found(ratio_metric("orders"), *near) is None
