"""What a metric of a study means, as its documents say: formula, window, covariates, and the SQL of its measures."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import arm_shares, control_arm
from impact_pipeline.catalog.looks import AlwaysValidLooks, GroupSequentialLooks
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import StepsPassed, UnitCount
from impact_pipeline.catalog.plan import GuardrailUse, MetricUse, periods_of
from impact_pipeline.catalog.samples import PanelSample, SeriesSample
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.reports.formatting import count, unit_of, with_unit

CORRECTIONS = {
    "holm": "Holm's correction", "hochberg": "Hochberg's correction", "bonferroni": "Bonferroni's correction",
    "benjamini_hochberg": "Benjamini and Hochberg's false discovery rate",
    "benjamini_yekutieli": "Benjamini and Yekutieli's false discovery rate",
}  # fmt: skip
SPENDING = {"obrien_fleming": "O'Brien-Fleming", "pocock": "Pocock"}


@dataclass(frozen=True, slots=True)
class MeasureSql:
    """What is added up, as its author wrote it; `filter` is empty where all rows count."""

    name: str
    dataset: str
    expression: str
    filter: str


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    document: str
    reference: str
    label: str
    role: str
    formula: str
    window: str
    better: str
    covariates: tuple[str, ...]
    owner: str
    description: str
    measures: tuple[MeasureSql, ...]


def metric_definitions(study: Study) -> tuple[MetricDefinition, ...]:
    """Definitions in the plan's order; a metric whose document is broken has none."""
    found = study.metrics_by_name
    return tuple(_definition(study, use, found[use.name]) for use in study.uses if use.name in found)


def _definition(study: Study, use: MetricUse, metric: Metric) -> MetricDefinition:
    return MetricDefinition(
        document=use.metric,
        reference=metric.reference,
        label=metric.label,
        role=_role(use, metric),
        formula=metric.formula_in_words(study.plan.entity),
        window=_window_in_words(study, metric),
        better=metric.better,
        covariates=metric.covariates,
        owner=metric.owner,
        description=metric.description,
        measures=_measures(study, metric),
    )


def _window_in_words(study: Study, metric: Metric) -> str:
    sample = study.plan.sample
    if isinstance(sample, PanelSample | SeriesSample):
        first, last = periods_of(study.plan, sample)
        return f"in each {sample.period} from {first} to {last}"
    return f"{metric.window} from exposure"


def _role(use: MetricUse, metric: Metric) -> str:
    if not isinstance(use, GuardrailUse):
        return use.role
    margin = use.margin
    if margin.relative is not None:
        return f"guardrail, margin {100 * margin.relative:g} %"
    unit = unit_of(metric)
    absolute = f"{(margin.absolute or 0) * unit.factor:g}"
    return f"guardrail, margin {with_unit(absolute, unit.difference)}"


def _measures(study: Study, metric: Metric) -> tuple[MeasureSql, ...]:
    """What every reading of the metric is made of, each once."""
    totals = (total for reading in study.readings_of(metric) for total in reading.totals)
    return tuple(dict.fromkeys(measure for total in totals for measure in _measure(study, total)))


def _measure(study: Study, total: UnitCount) -> tuple[MeasureSql, ...]:
    if isinstance(total, StepsPassed):
        return tuple(_row_count(study, rows.fact, "rows", rows.filter) for rows in total.steps)
    measure = study.measure(total)
    if measure is None or total.aggregate != "sum":
        return (_row_count(study, total.fact, total.aggregate, total.filter),)
    dataset = study.catalog.facts[total.fact].dataset
    return (MeasureSql(f"{total.fact}.{total.measure}", dataset, measure.expression, total.filter or ""),)


def _row_count(study: Study, fact: str, counted: str, filter_: str | None) -> MeasureSql:
    expression = "count(distinct day)" if counted == "days" else "count(*)"
    return MeasureSql(f"{fact} {counted}", study.catalog.facts[fact].dataset, expression, filter_ or "")


def arms_in_words(study: Study) -> tuple[str, ...]:
    """Arms with their planned shares, control first; of the last phase. Bare where nobody is given one."""
    shares, control = arm_shares(study.plan.design), control_arm(study.plan.design)
    if not shares:
        return study.arms
    note = "" if control == "control" else " (control)"
    return tuple(f"{arm} {100 * shares[arm]:g} %{note if arm == control else ''}" for arm in study.arms)


def rule_in_words(study: Study) -> str:
    """When the plan ships."""
    rule = study.plan.decision
    corrected = f"{CORRECTIONS[rule.correction]} over success metrics and arms"
    return (
        f"a success metric superior at two-sided {rule.alpha:g} ({corrected}), every guardrail inside its margin at"
        f" one-sided {rule.alpha:g}, {_of_evidence(study)}"
    )


def _of_evidence(study: Study) -> str:
    rule = study.plan.decision
    if study.samples:
        return f"evidence of grade {rule.ships_on_grade} or better"
    return f"at least {count(rule.min_units_per_arm)} units an arm, findings clean"


def estimand_in_words(study: Study, estimates: StudyEstimates) -> str:
    """What the effects are of: the plan's estimand, or what each method of a causal design tells."""
    if estimates.causal is None:
        return study.plan.estimand
    found = dict.fromkeys(result.estimand for result in estimates.results if isinstance(result, Estimate))
    return "; ".join(found) or "none was told"


def looks_in_words(study: Study) -> str:
    """Which looks may decide, and what intervals before the planned look mean."""
    looks = study.plan.looks
    match looks:
        case AlwaysValidLooks():
            return "any night may decide: the intervals of all looks hold at once (asymptotic confidence sequence)"
        case GroupSequentialLooks():
            days = ", ".join(day.isoformat() for day in looks.on)
            spending = SPENDING[looks.spending]
            return f"the looks of {days} and the planned one share alpha ({spending} spending)"
    return "the planned look decides; reading day by day is no test, and the verdict rests on the planned look"
