from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.pre_period_balance import PrePeriodBalance
from impact_pipeline_tests.small_studies import START, Array, Group, cells, exposed, mean_metric, moments, study

METRIC = mean_metric(covariate="orders_before")
NEXT = START + timedelta(days=1)


def group(arm: str, x: Array | list[int]) -> Group:
    return Group(arm, {"orders": moments(np.zeros(len(x)), x=x)})


def checked(found: Study, *groups: Group) -> Finding:
    return PrePeriodBalance().check(found, Evidence(cells(*groups), START, {}))


def test_arms_that_were_alike_pass_with_the_p_value_of_welch() -> None:
    rng = np.random.default_rng(1)
    x = {arm: rng.poisson(5, 300) for arm in ("control", "treatment")}
    found = checked(study(METRIC), *(group(arm, values) for arm, values in x.items()))
    expected = stats.ttest_ind(x["treatment"], x["control"], equal_var=False).pvalue
    assert (found.passed, found.threshold, found.consequence) == (True, 0.001, "hold")
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert found.details == {"p_value orders_before treatment": found.statistic}


def test_arms_that_already_differed_hold_the_study() -> None:
    found = checked(study(METRIC), group("control", [1, 2, 3] * 50), group("treatment", [2, 3, 4] * 50))
    assert (found.passed, found.consequence) == (False, "hold")
    means = "orders_before averaged 3 in treatment and 2 in control (p = 2.2e-22)"
    assert found.sentence == f"Before exposure the arms already differed: {means}."


def test_each_comparison_gets_its_share_of_alpha() -> None:
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
    groups = [group(arm, [1, 2, 3]) for arm in ("control", "new", "best")]
    assert checked(study(METRIC, design=design), *groups).threshold == 0.0005


def test_the_metric_whose_window_closes_first_shows_the_most_units() -> None:
    slow = mean_metric("revenue", days=7, covariate="orders_before")
    found = checked(study(slow, METRIC), *(group(arm, [1, 2, 3]) for arm in ("control", "treatment")))
    assert found.passed is True


def test_phases_are_compared_within() -> None:
    phases = [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ]
    ramp = study(METRIC, design={"type": "staged_rollout", "control": "control", "phases": phases}, days=2)
    early, late = [1, 2, 3], [11, 12, 13]
    found = checked(
        ramp,
        Group("control", {"orders": moments([0] * 270, x=early * 90)}),
        Group("treatment", {"orders": moments([0] * 30, x=early * 10)}),
        Group("control", {"orders": moments([0] * 150, x=late * 50)}, NEXT),
        Group("treatment", {"orders": moments([0] * 150, x=late * 50)}, NEXT),
    )
    assert (found.passed, found.statistic) == (True, 1.0)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (study(mean_metric()), "No pre-exposure covariate is declared by a metric of this study."),
        (study(METRIC), "No pre-exposure covariate can be compared yet."),
    ],
)
def test_without_a_covariate_to_compare_nothing_is_judged(found: Study, sentence: str) -> None:
    result = checked(found, exposed("control", 5), exposed("treatment", 5))
    assert (result.passed, result.sentence) == (None, sentence)


def test_a_constant_covariate_cannot_be_compared() -> None:
    assert checked(study(METRIC), group("control", [2, 2]), group("treatment", [2, 2])).passed is None
