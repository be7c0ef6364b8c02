"""What a plan can tell of each metric: the least effect it shows, its power, the units and days that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.plan import DecisionRule, MetricUse
from impact_pipeline.planning.baseline import Baseline
from impact_pipeline.planning.effects import sought_effect
from impact_pipeline.planning.enrolment import Enrolment, treatment_arms
from impact_pipeline.planning.metric_test import MetricTest
from impact_pipeline.planning.planned_looks import planned_looks
from impact_pipeline.stats.decision_plan import step_shares
from impact_pipeline.stats.decision_power import guardrail_beta
from impact_pipeline.stats.power import NoPlan

DECIDING = frozenset({"success", "guardrail"})


@dataclass(frozen=True, slots=True)
class Amount:
    """In the metric's unit, and as a share of its mean in history (None where that is not above 0)."""

    absolute: float
    relative: float | None


@dataclass(frozen=True, slots=True)
class Needed:
    """Units of the whole study that show the sought effect; days of enrolment until they are expected, and the look.

    None where two years do not bring them.
    """

    units: float
    days: int | None
    look: date | None


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """`sought` is the expected effect of a success metric, the margin of a guardrail; None where none is named.

    `power` is the chance to show it at the planned look `look` (a guardrail's: to stay within its margin, untouched);
    `minimal` the least effect, or margin, that is shown with `target_power`.
    """

    use: MetricUse
    metric: Metric
    test: MetricTest
    units: float
    look: date
    sought: Amount | None
    minimal: Amount | NoPlan
    power: float | NoPlan | None
    needed: Needed | NoPlan | None

    @property
    def baseline(self) -> Baseline:
        return self.test.baseline

    @property
    def target_power(self) -> float:
        return self.test.power


@dataclass(frozen=True, slots=True)
class NoMetricPlan:
    """A metric of which nothing can be said, and why; `baseline` is known where only units are not."""

    use: MetricUse
    detail: str
    baseline: Baseline | None = None


def metric_test(study: Study, use: MetricUse, baseline: Baseline, enrolment: Enrolment) -> MetricTest:
    """As the decision rule tests it, at the strictest step of the correction.

    Success metrics and guardrails share the type-II error of the decision; others have it each for itself.
    """
    metric, rule = study.metrics_by_name[use.name], study.plan.decision
    deciding = use.role in DECIDING
    guardrails = sum(other.role == "guardrail" for other in study.uses)
    power = 1 - guardrail_beta(1 - rule.power, guardrails if deciding else 0)
    alpha = _strictest(study, rule) if use.role == "success" else rule.alpha
    looks = planned_looks(study, enrolment, metric.last_day)
    return MetricTest(sought_effect(use, metric, baseline), looks, alpha, power)


def metric_plan(study: Study, use: MetricUse, baseline: Baseline, enrolment: Enrolment) -> MetricPlan | NoMetricPlan:
    test = metric_test(study, use, baseline, enrolment)
    sought, planned = test.sought, enrolment.planned
    if sought.refused is not None:
        return NoMetricPlan(use, sought.refused.detail, baseline)
    found = test.minimal_effect(planned)
    amount = sought.amount
    return MetricPlan(
        use=use,
        metric=study.metrics_by_name[use.name],
        test=test,
        units=planned.units,
        look=study.plan.ends + timedelta(days=study.metrics_by_name[use.name].last_day),
        sought=None if amount is None else amount_of(amount, baseline),
        minimal=found if isinstance(found, NoPlan) else amount_of(found, baseline),
        power=None if amount is None else test.power_at(amount, planned),
        needed=None if amount is None else _needed(study, test, amount, enrolment),
    )


def amount_of(absolute: float, baseline: Baseline) -> Amount:
    return Amount(absolute, absolute / baseline.mean if baseline.mean > 0 else None)


def metric_plans(
    study: Study, baselines: Mapping[str, Baseline | NoPlan], enrolment: Enrolment | NoPlan
) -> tuple[MetricPlan | NoMetricPlan, ...]:
    """In the plan's order; a metric without a baseline, or any without units, does not stop the others."""
    found: list[MetricPlan | NoMetricPlan] = []
    for use in study.uses:
        baseline = baselines[use.name]
        if isinstance(baseline, NoPlan):
            found.append(NoMetricPlan(use, baseline.detail))
        elif isinstance(enrolment, NoPlan):
            found.append(NoMetricPlan(use, enrolment.detail, baseline))
        else:
            found.append(metric_plan(study, use, baseline, enrolment))
    return tuple(found)


def _strictest(study: Study, rule: DecisionRule) -> float:
    success = sum(use.role == "success" for use in study.uses)
    return rule.alpha * float(step_shares(rule.correction, success * len(treatment_arms(study.plan)))[0])


def _needed(study: Study, test: MetricTest, amount: float, enrolment: Enrolment) -> Needed | NoPlan:
    units = test.units_needed(amount, enrolment.planned)
    if isinstance(units, NoPlan):
        return units
    days = enrolment.days_for(units)
    last_day = study.last_window_day
    look = None if days is None else enrolment.starts + timedelta(days=days - 1 + last_day)
    return Needed(units, days, look)
