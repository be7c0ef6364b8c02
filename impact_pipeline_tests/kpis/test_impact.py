from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.kpis.base import Impact, NoImpact
from impact_pipeline.kpis.impact import impact_of
from impact_pipeline.kpis.seen import seen_in_cells
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, moments, ratio_metric, study

VALUE = {"metric": "orders", "per_unit": 2.5, "currency": "EUR", "horizon_days": 30}
MEASURED = cells(Group("control", {"orders": moments([1, 2, 3])}), Group("treatment", {"orders": moments([3, 5, 7])}))


def valued(metric: Metric, **plan: Any) -> Study:
    return study(metric, value=VALUE, days=4, **plan)


def read(found: Study, measured: Cells, days: int) -> tuple[StudyEstimates, tuple[Impact | NoImpact, ...]]:
    estimates = estimate_study(found, measured, START + timedelta(days=days), final=False, plan_digest="")
    return estimates, impact_of(found, estimates, seen_in_cells(found, measured, estimates.as_of).units_per_day)


def test_money_is_effect_times_units_times_horizon_times_value() -> None:
    estimates, [found] = read(valued(mean_metric()), MEASURED, 1)
    [estimate] = estimates.results
    assert isinstance(found, Impact)
    assert isinstance(estimate, Estimate)
    assert (found.units_per_day, found.horizon_days, found.value_per_unit, found.currency) == (3.0, 30, 2.5, "EUR")
    assert found.amount == 3 * 3 * 30 * 2.5
    assert found.interval.lower == pytest.approx(estimate.interval.lower * 225)
    assert found.interval.upper == pytest.approx(estimate.interval.upper * 225)
    assert found.interval.level == 0.95


def test_units_a_day_count_days_of_enrolment_only() -> None:
    _, [found] = read(valued(mean_metric()), MEASURED, 20)
    assert isinstance(found, Impact)
    assert found.units_per_day == 6 / 4


def test_more_of_a_metric_that_is_better_lower_costs_money() -> None:
    _, [found] = read(valued(mean_metric(better="lower")), MEASURED, 1)
    assert isinstance(found, Impact)
    assert (found.amount, found.value_per_unit) == (-675.0, -2.5)
    assert found.interval.lower < found.amount < found.interval.upper


def test_a_plan_without_a_value_has_no_money() -> None:
    assert read(study(mean_metric()), MEASURED, 1)[1] == (NoImpact("ranker_v7", "the plan names no money value"),)


def test_a_ratio_has_no_effect_per_unit() -> None:
    [found] = read(valued(ratio_metric("orders")), MEASURED, 1)[1]
    detail = "'orders' is a ratio, whose effect is not per unit; value a mean or a proportion instead"
    assert found == NoImpact("ranker_v7", detail)


def test_without_an_estimate_the_reason_is_passed_on() -> None:
    [found] = read(valued(mean_metric()), cells(exposed("control", 3), exposed("treatment", 3)), 0)[1]
    assert isinstance(found, NoImpact)
    assert found.detail == (
        "'orders' has no effect yet (treatment against control): the window ends 0 days after exposure;"
        " it has closed for none of the 3 units of 'control'"
    )
