from __future__ import annotations

from datetime import timedelta
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.planning.baseline import Baseline
from impact_pipeline.planning.curve import WEEKS, curves
from impact_pipeline.planning.enrolment import Enrolment, enrolment_of
from impact_pipeline.planning.metric_plan import Amount, MetricPlan, Needed, NoMetricPlan, metric_plan, metric_plans
from impact_pipeline.stats.intra_cluster import ClusterSpread
from impact_pipeline.stats.power import NoPlan
from impact_pipeline_tests.planning.pasts import BY_SHOP
from impact_pipeline_tests.small_studies import START, mean_metric, proportion_metric, study

DAILY = [200] * 7
UNITS = 1400
NORMAL = Baseline("difference_in_means", 5000, 10.0, 4.0)
FORMULA = 1e-6
"""Both solve the same equation of a noncentral t, each to its own tolerance."""


def enrolled(found: Study, arrivals: list[int] | None = None) -> Enrolment:
    enrolment = enrolment_of(found.plan, arrivals or DAILY)
    assert isinstance(enrolment, Enrolment)
    return enrolment


def planned(found: Study, baseline: Baseline = NORMAL, arrivals: list[int] | None = None, place: int = 0) -> MetricPlan:
    plan = metric_plan(found, found.uses[place], baseline, enrolled(found, arrivals))
    assert isinstance(plan, MetricPlan), plan
    return plan


def one(use: dict[str, Any], *, better: str = "higher", days: int = 7, **plan: Any) -> Study:
    """A study with this use of its metric, which is of role success unless it says so."""
    metric = mean_metric("orders", better=better)
    success = [] if use.get("role", "success") == "success" else [{"metric": "other", "role": "success"}]
    uses = [{"metric": "orders", "role": "success", **use}, *success]
    return study(metric, mean_metric("other"), uses=uses, days=days, **plan)


def guardrail(margin: dict[str, float], **plan: Any) -> Study:
    return one({"role": "guardrail", "margin": margin}, **plan)


def test_the_minimal_effect_is_students() -> None:
    found = planned(one({}))
    assert isinstance(found.minimal, Amount)
    size = TTestIndPower().solve_power(nobs1=UNITS / 2, alpha=0.05, power=0.8)
    assert found.minimal.absolute == pytest.approx(2.0 * size, rel=FORMULA)
    assert found.minimal.relative == pytest.approx(0.2 * size, rel=FORMULA)
    assert (found.units, found.look) == (UNITS, START + timedelta(days=6))
    assert (found.sought, found.power, found.needed) == (None, None, None)


def test_an_expected_effect_has_a_power_and_needs_units_and_days() -> None:
    found = planned(one({"expected": {"relative": 0.02}}))
    assert found.sought == Amount(0.2, 0.02)
    power = TTestIndPower()
    assert found.power == pytest.approx(power.power(0.1, UNITS / 2, 0.05), rel=FORMULA)
    each = power.solve_power(0.1, alpha=0.05, power=0.8)
    assert isinstance(found.needed, Needed)
    assert found.needed.units == pytest.approx(2 * each, rel=FORMULA)
    assert found.needed.days == int(np.ceil(2 * each / 200))
    assert found.needed.look == START + timedelta(days=found.needed.days - 1)


def test_days_are_counted_to_the_last_window_of_the_study() -> None:
    metrics = [mean_metric("orders"), mean_metric("late", days=10)]
    uses: list[dict[str, Any]] = [
        {"metric": "orders", "role": "success", "expected": {"absolute": 0.5}},
        {"metric": "late", "role": "success"},
    ]
    found = planned(study(*metrics, uses=uses, days=7))
    assert isinstance(found.needed, Needed)
    assert found.needed.days is not None
    assert found.needed.look == START + timedelta(days=found.needed.days - 1 + 9)
    assert found.look == START + timedelta(days=6)


def test_success_metrics_are_tested_at_the_strictest_step_of_their_correction() -> None:
    arms = {"control": 0.4, "new": 0.3, "newer": 0.3}
    design = {"type": "randomized", "arms": arms, "control": "control"}
    found = planned(study(mean_metric("orders"), mean_metric("visits"), design=design, days=7))
    assert found.test.alpha == pytest.approx(0.05 / 4)
    assert found.target_power == 0.8
    assert isinstance(found.minimal, Amount)
    error = 2.0 * sqrt((1 / 0.3 + 1 / 0.4) / UNITS)
    drift = stats.norm.ppf(1 - 0.05 / 8) + stats.norm.ppf(0.8)
    assert found.minimal.absolute == pytest.approx(drift * error, rel=0.003)


def test_guardrails_share_the_type_ii_error_and_leave_exploratory_metrics_alone() -> None:
    metrics = [mean_metric(name) for name in ("orders", "tickets", "latency", "visits")]
    uses: list[dict[str, Any]] = [
        {"metric": "orders", "role": "success"},
        *({"metric": name, "role": "guardrail", "margin": {"absolute": 1.0}} for name in ("tickets", "latency")),
        {"metric": "visits", "role": "exploratory"},
    ]
    found = study(*metrics, uses=uses, days=7, decision={"power": 0.9})
    powers = [planned(found, place=place).target_power for place in range(4)]
    assert powers == pytest.approx([1 - 0.1 / 3, 1 - 0.1 / 3, 1 - 0.1 / 3, 0.9])


def test_a_guardrail_is_to_stay_within_its_absolute_margin() -> None:
    found = planned(guardrail({"absolute": 0.3}))
    assert found.test.sought.sides == 1
    error = 2.0 * sqrt(4 / UNITS)
    z, target = stats.norm.ppf(0.95), stats.norm.ppf(0.9)
    assert found.power == pytest.approx(stats.norm.cdf(0.3 / error - z), abs=0.001)
    assert isinstance(found.minimal, Amount)
    assert found.minimal.absolute == pytest.approx((z + target) * error, rel=0.003)
    assert isinstance(found.needed, Needed)
    assert found.needed.units == pytest.approx(16 * ((z + target) / 0.3) ** 2, rel=0.005)


@pytest.mark.parametrize(("better", "sign"), [("higher", -1), ("lower", 1)])
def test_a_relative_margin_is_tested_by_treatment_less_a_multiple_of_control(better: str, sign: int) -> None:
    found = planned(guardrail({"relative": 0.03}, better=better))
    error = sqrt(4.0 * (1 + (1 + sign * 0.03) ** 2) * 2 / UNITS)
    assert found.power == pytest.approx(stats.norm.cdf(0.3 / error - stats.norm.ppf(0.95)), abs=0.001)
    assert found.sought == Amount(pytest.approx(0.3), pytest.approx(0.03))  # type: ignore[arg-type]
    assert isinstance(found.minimal, Amount)
    again = planned(guardrail({"relative": found.minimal.relative or 0.0}, better=better))
    assert again.power == pytest.approx(found.target_power, abs=FORMULA)


def test_the_minimal_effect_on_a_proportion_counts_its_variance_there() -> None:
    baseline = Baseline("difference_in_means", 5000, 0.2, 0.16, share=True)
    for better, sign in (("higher", 1), ("lower", -1)):
        found = planned(study(proportion_metric("buyers", better=better), days=7), baseline)
        assert isinstance(found.minimal, Amount)
        moved = 0.2 + sign * found.minimal.absolute
        error = sqrt((0.16 + moved * (1 - moved)) / (UNITS / 2))
        power = stats.norm.cdf(found.minimal.absolute / error - stats.norm.ppf(0.975))
        assert power == pytest.approx(0.8, abs=0.002)


def test_more_clusters_not_more_units_find_a_small_effect() -> None:
    """Twenty clusters with an ICC of 0.2: whatever they bring, the variance of an arm's mean is 0.2 s^2 / 10."""
    spread = ClusterSpread(20, 70.0, 0.0, 3.2, 0.8)
    baseline = Baseline("clustered_means", 1400, 10.0, 4.0, clusters=spread)
    found = one({"expected": {"absolute": 0.5}}, design=BY_SHOP)
    plan = planned(found, baseline)
    assert isinstance(plan.needed, NoPlan)
    assert plan.needed.detail.startswith("however many units the 20 clusters of history bring")
    large = planned(one({"expected": {"absolute": 2.0}}, design=BY_SHOP), baseline)
    assert isinstance(large.needed, Needed)
    error = sqrt(2 * (0.8 + 3.2 / (large.needed.units / 20)) / 10)
    power = TTestIndPower().power(2.0 / (error / sqrt(2 / 10)), 10, 0.05)
    assert power == pytest.approx(0.8, abs=0.001)


def test_looks_cost_units() -> None:
    expected = {"expected": {"relative": 0.02}}
    fixed = planned(one(expected))
    sequence = planned(one(expected, looks={"type": "always_valid", "planned_units": UNITS}))
    on = [(START + timedelta(days=n)).isoformat() for n in (2, 4)]
    grouped = planned(one(expected, looks={"type": "group_sequential", "on": on, "planned_units": UNITS}))
    needed = [plan.needed.units for plan in (fixed, grouped, sequence) if isinstance(plan.needed, Needed)]
    minimal = [plan.minimal.absolute for plan in (fixed, grouped, sequence) if isinstance(plan.minimal, Amount)]
    powers = [plan.power for plan in (sequence, grouped, fixed)]
    assert len(needed) == 3
    assert needed == sorted(needed)
    assert minimal == sorted(minimal)
    assert powers == sorted(powers)  # type: ignore[type-var]
    assert minimal[2] / minimal[0] == pytest.approx((3.035 + 0.842) / (1.960 + 0.842), rel=0.002)


def test_the_power_at_the_minimal_effect_is_what_is_planned_for() -> None:
    on = [(START + timedelta(days=n)).isoformat() for n in (2, 4)]
    looks: list[dict[str, Any]] = [
        {"type": "fixed"},
        {"type": "always_valid", "planned_units": 900},
        {"type": "group_sequential", "on": on, "planned_units": UNITS, "spending": "pocock"},
    ]
    for kind in looks:
        plan = planned(one({}, looks=kind))
        assert isinstance(plan.minimal, Amount)
        enrolment = enrolled(one({}, looks=kind))
        assert plan.test.power_at(plan.minimal.absolute, enrolment.planned) == pytest.approx(0.8, abs=0.001)


def test_an_effect_that_two_years_do_not_show_has_no_day() -> None:
    found = planned(one({"expected": {"relative": 0.0001}}))
    assert isinstance(found.needed, Needed)
    assert (found.needed.days, found.needed.look) == (None, None)


def test_a_size_relative_to_a_mean_not_above_0_is_refused() -> None:
    found = guardrail({"relative": 0.03})
    refused = metric_plan(found, found.uses[0], Baseline("x", 9, -1.0, 4.0), enrolled(found))
    assert isinstance(refused, NoMetricPlan)
    assert refused.detail == "its mean in history is not above 0: a size relative to it has no meaning"


def test_too_few_units_have_no_minimal_effect_and_no_power() -> None:
    found = planned(one({"expected": {"absolute": 1.0}}, days=1), arrivals=[3, 0, 0, 0, 0, 0, 0])
    assert found.minimal == found.power == NoPlan("3 units are expected: an arm has no two of them")


def test_a_metric_without_a_baseline_and_a_plan_without_arrivals_stop_nothing_else() -> None:
    found = study(mean_metric("orders"), mean_metric("visits"), days=7)
    baselines: dict[str, Baseline | NoPlan] = {"orders": NoPlan("unknown"), "visits": NORMAL}
    first, second = metric_plans(found, baselines, enrolled(found))
    assert first == NoMetricPlan(found.uses[0], "unknown")
    assert isinstance(second, MetricPlan)
    nobody = metric_plans(found, baselines, NoPlan("no unit arrived in history"))
    assert nobody[1] == NoMetricPlan(found.uses[1], "no unit arrived in history", NORMAL)


def test_a_curve_has_the_minimal_effect_of_each_week() -> None:
    metrics = [mean_metric("orders"), mean_metric("visits")]
    uses = [{"metric": "orders", "role": "success"}, {"metric": "visits", "role": "exploratory"}]
    found = study(*metrics, uses=uses, days=7)
    plans = [planned(found), planned(found, place=1)]
    [curve] = curves(plans, enrolled(found))
    assert [point.weeks for point in curve.points] == list(WEEKS)
    assert [point.units for point in curve.points] == [UNITS * week for week in WEEKS]
    least = [point.minimal.absolute for point in curve.points if isinstance(point.minimal, Amount)]
    assert least[0] == plans[0].minimal.absolute  # type: ignore[union-attr]
    assert least[0] / least[3] == pytest.approx(2.0, rel=0.002)
