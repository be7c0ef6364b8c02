"""All that `impact plan power` tells of a plan, from a history and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.looks import FixedLook
from impact_pipeline.planning.baseline import Baseline, baseline_of
from impact_pipeline.planning.curve import Curve, curves
from impact_pipeline.planning.decision_outlook import DecisionOutlook, decision_outlook
from impact_pipeline.planning.enrolment import Enrolment, enrolment_of
from impact_pipeline.planning.history import History
from impact_pipeline.planning.metric_plan import MetricPlan, NoMetricPlan, metric_plans
from impact_pipeline.stats.power import NoPlan

OFF = 1.5
"""Planned and expected units may differ by this factor before a sequence is said to be tuned for others."""


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """`curves` are of success metrics and guardrails; `warnings` are sentences."""

    study: Study
    plan_digest: str
    history: History
    enrolment: Enrolment | NoPlan
    metrics: tuple[MetricPlan | NoMetricPlan, ...]
    decision: DecisionOutlook | NoPlan
    curves: tuple[Curve, ...]
    warnings: tuple[str, ...]

    @property
    def planned(self) -> tuple[MetricPlan, ...]:
        """Metrics of which something can be said."""
        return tuple(plan for plan in self.metrics if isinstance(plan, MetricPlan))


def plan_power(study: Study, history: History) -> PowerPlan:
    """Every metric and the whole decision; what cannot be planned says why, and stops nothing else."""
    enrolment = enrolment_of(study.plan, history.arrivals)
    metrics = metric_plans(study, _baselines(study, history), enrolment)
    planned = tuple(plan for plan in metrics if isinstance(plan, MetricPlan))
    decision: DecisionOutlook | NoPlan = (
        NoPlan(enrolment.detail)
        if isinstance(enrolment, NoPlan)
        else decision_outlook(study, history, planned, enrolment)
    )
    drawn = () if isinstance(enrolment, NoPlan) else curves(planned, enrolment)
    warnings = tuple(_warnings(study, history, enrolment, metrics, decision))
    return PowerPlan(study, digest(study.plan), history, enrolment, metrics, decision, drawn, warnings)


def _baselines(study: Study, history: History) -> dict[str, Baseline | NoPlan]:
    read = {use.name: use for use in history.study.uses}
    return {
        use.name: NoPlan(history.unread[use.name])
        if use.name not in read
        else baseline_of(history.study, history.past.cells, read[use.name])
        for use in study.uses
    }


def _warnings(
    study: Study,
    history: History,
    enrolment: Enrolment | NoPlan,
    metrics: tuple[MetricPlan | NoMetricPlan, ...],
    decision: DecisionOutlook | NoPlan,
) -> Iterator[str]:
    yield from history.notes
    if not isinstance(enrolment, NoPlan):
        yield from _on_units(study, enrolment)
    for plan in metrics:
        if isinstance(plan, MetricPlan) and plan.use.role == "guardrail":
            yield from _on_guardrail(plan)
    if isinstance(decision, NoPlan):
        yield f"the decision rule cannot be judged: {decision.detail}"
        return
    if decision.left_out:
        yield f"the chances of the decision leave out {', '.join(decision.left_out)}, of which nothing is known"
    for name in decision.assumed:
        yield f"'{name}' has no `expected` effect in the plan: the least one that it can show is taken for it"
    yield from decision.warnings


def _on_units(study: Study, enrolment: Enrolment) -> Iterator[str]:
    planned, rule = enrolment.planned, study.plan.decision
    fewest = planned.units * min(planned.shares)
    if fewest < rule.min_units_per_arm:
        told = f"the smaller arm is expected to have {fewest:,.0f} units at the planned look"
        yield f"{told}, the plan asks for {rule.min_units_per_arm:,} in each: nothing would be estimated"
    looks = study.plan.looks
    if not isinstance(looks, FixedLook) and not 1 / OFF <= planned.units / looks.planned_units <= OFF:
        told = f"`looks.planned_units` is {looks.planned_units:,}, {planned.units:,.0f} are expected"
        yield f"{told}: looks are best planned for the units that come"


def _on_guardrail(plan: MetricPlan) -> Iterator[str]:
    if isinstance(plan.power, float) and plan.power < plan.target_power:
        yield (
            f"guardrail '{plan.use.name}' can hardly be judged with this traffic: untouched, it is shown to stay within"
            f" its margin with a chance of {plan.power:.2f}, planned for is {plan.target_power:.2f}"
        )
