from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.pre_period_balance import ALPHA, PrePeriodBalance
from impact_pipeline_tests.diagnostics.false_alarms import assert_kept, tell_rates
from impact_pipeline_tests.small_studies import START, Array, Group, cells, exposed, mean_metric, moments, study

METRIC = mean_metric(covariates=("orders_before",))
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
    assert found.details["p_value orders_before treatment"] == found.statistic
    pooled = np.sqrt(np.mean([values.var(ddof=1) for values in x.values()]))
    apart = (x["treatment"].mean() - x["control"].mean()) / pooled
    assert found.details["standard_deviations orders_before treatment"] == pytest.approx(apart, rel=1e-9)


def test_arms_that_already_differed_hold_the_study() -> None:
    found = checked(study(METRIC), group("control", [1, 2, 3] * 50), group("treatment", [2, 3, 4] * 50))
    assert (found.passed, found.consequence) == (False, "hold")
    means = "orders_before averaged 3 in treatment and 2 in control, +1.2 standard deviations apart (p = 2.2e-22)"
    assert found.sentence == f"Before exposure the arms already differed: {means}."


def test_of_several_covariates_of_a_metric_the_one_that_differs_is_named() -> None:
    both = mean_metric(covariates=("sessions_before", "orders_before"))
    rng = np.random.default_rng(2)
    alike, apart = rng.poisson(5, (2, 400)), rng.poisson([[5], [8]], (2, 400))
    groups = [
        Group(arm, {"orders": moments(np.zeros(400), x=[alike[i], apart[i]])})
        for i, arm in enumerate(("control", "treatment"))
    ]
    found = checked(study(both), *groups)
    assert (found.passed, found.threshold) == (False, 0.0005)
    assert found.sentence.startswith("Before exposure the arms already differed: orders_before averaged ")
    expected = stats.ttest_ind(alike[1], alike[0], equal_var=False).pvalue
    assert found.details["p_value sessions_before treatment"] == pytest.approx(expected, rel=1e-9)


def test_each_comparison_gets_its_share_of_alpha() -> None:
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
    groups = [group(arm, [1, 2, 3]) for arm in ("control", "new", "best")]
    assert checked(study(METRIC, design=design), *groups).threshold == 0.0005


def test_the_metric_whose_window_closes_first_shows_the_most_units() -> None:
    slow = mean_metric("revenue", days=7, covariates=("orders_before",))
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


def p_values(rng: np.random.Generator, draws: int, units: int = 400) -> Array:
    """Of sound studies with two covariates that go together: the least p-value times their number."""
    both = study(mean_metric(covariates=("orders_before", "sessions_before")))
    p = []
    for _ in range(draws):
        sessions = rng.poisson(rng.gamma(2.0, 2.0, (2, units)))
        orders = rng.binomial(sessions, 0.4)
        groups = [
            Group(arm, {"orders": moments(np.zeros(units), x=[orders[i], sessions[i]])})
            for i, arm in enumerate(("control", "treatment"))
        ]
        found = checked(both, *groups).statistic
        assert found is not None
        p.append(2 * found)
    return np.array(p)


def test_sound_studies_fail_no_more_often_than_promised() -> None:
    p = p_values(np.random.default_rng(3), 400)
    assert_kept(p, 0.05, ALPHA)
    assert np.mean(p < 0.5) > 0.3


@pytest.mark.slow
def test_rates_of_failures_of_sound_studies(capsys: pytest.CaptureFixture[str]) -> None:
    p = p_values(np.random.default_rng(4), 20_000)
    tell_rates(capsys, {"sound studies": p}, (0.05, 0.01, ALPHA))
