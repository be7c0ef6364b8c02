"""What a metric of a study means, as its documents say: formula, window, covariate, and the SQL of its measures."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metric import Metric, Total, Window, totals
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse
from impact_pipeline.reports.formatting import unit_of, with_unit


@dataclass(frozen=True, slots=True)
class MeasureSql:
    """A measure as its author wrote it; `filter` is empty where all rows count."""

    name: str
    dataset: str
    expression: str
    filter: str


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    reference: str
    label: str
    role: str
    formula: str
    window: str
    better: str
    covariate: str
    owner: str
    description: str
    measures: tuple[MeasureSql, ...]


def metric_definitions(study: Study) -> tuple[MetricDefinition, ...]:
    """Definitions in the plan's order; a metric whose document is broken has none."""
    found = study.catalog.metrics
    return tuple(_definition(study, use, found[use.metric]) for use in study.uses if use.metric in found)


def _definition(study: Study, use: MetricUse, metric: Metric) -> MetricDefinition:
    return MetricDefinition(
        reference=metric.reference,
        label=metric.label,
        role=_role(use, metric),
        formula=_formula(metric, study.plan.entity),
        window=_window(metric.window),
        better=metric.better,
        covariate=metric.covariate or "none",
        owner=metric.owner,
        description=metric.description,
        measures=tuple(_measure(study, total) for total in totals(metric)),
    )


def _role(use: MetricUse, metric: Metric) -> str:
    if not isinstance(use, GuardrailUse):
        return use.role
    margin = use.margin
    if margin.relative is not None:
        return f"guardrail, margin {100 * margin.relative:g} %"
    unit = unit_of(metric)
    absolute = f"{(margin.absolute or 0) * unit.factor:g}"
    return f"guardrail, margin {with_unit(absolute, unit.difference)}"


def _formula(metric: Metric, entity: str) -> str:
    if metric.type == "ratio":
        return f"total {metric.numerator.measure} divided by total {metric.denominator.measure}, over all {entity}s"
    if metric.type == "proportion":
        return f"share of {entity}s whose total {metric.value.measure} is above zero"
    return f"average over {entity}s of total {metric.value.measure}"


def _window(window: Window) -> str:
    days = f"day {window.start_day}" if window.days == 1 else f"days {window.start_day} to {window.last_day}"
    return f"{days} from exposure"


def _measure(study: Study, total: Total) -> MeasureSql:
    fact = study.catalog.facts[total.fact]
    return MeasureSql(
        f"{total.fact}.{total.measure}", fact.dataset, fact.measures[total.measure].expression, total.filter or ""
    )


def arm_shares(study: Study) -> tuple[str, ...]:
    """Arms with their planned shares, control first; of the last phase where shares change."""
    shares, control = study.plan.design.arms, study.plan.design.control
    note = "" if control == "control" else " (control)"
    return tuple(f"{arm} {100 * shares[arm]:g} %{note if arm == control else ''}" for arm in study.arms)
