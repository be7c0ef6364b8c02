"""Which rows of a trusted dataset are units' contacts with the arms of a plan."""

from __future__ import annotations

from datetime import date, timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.designs import arm_shares
from impact_pipeline.catalog.plan import EvaluationPlan, ExposureRule, periods_of
from impact_pipeline.catalog.samples import PanelSample, SeriesSample
from impact_pipeline.engines.scaled import column, named, timestamp


def contact_rows(catalog: Catalog, plan: EvaluationPlan, rule: ExposureRule, table: str) -> exp.Select:
    """unit, at, arm of the rows of `table` within the plan's dates and arms that the rule chooses.

    Without randomised arms any is one: what a causal design calls treated is told by its sample.
    """
    identifier = catalog.contracts[rule.dataset].identifier_of(plan.entity)
    assert identifier is not None
    at, arm = contact_time(rule), contact_arm(rule)
    arms = [exp.Literal.string(name) for name in sorted(arm_shares(plan.design))]
    first, last = contact_days(plan)
    end = timestamp((last + timedelta(days=1)).isoformat())
    dated = [at >= timestamp(first.isoformat()), at < end]
    known = [arm.isin(*arms)] if arms else [arm.copy().is_(exp.null()).not_()]
    wanted: list[exp.Expr] = [*dated, *known, column(identifier).is_(exp.null()).not_()]
    if rule.filter is not None:
        wanted.append(catalog.compile(rule.dataset, rule.filter, "condition").tree.copy())
    query = exp.select(named(column(identifier), "unit"), named(at, "at"), named(arm, "arm"))
    return query.from_(exp.to_table(table, quoted=True)).where(*wanted)


def contact_days(plan: EvaluationPlan) -> tuple[date, date]:
    """The first and the last day of a contact: the plan's dates, or those of the periods that its samples read."""
    samples = [sample for sample in (plan.sample, *(f.sample for f in plan.fallback)) if sample is not None]
    spans = [periods_of(plan, sample) for sample in samples if isinstance(sample, PanelSample | SeriesSample)]
    spans += [(plan.starts, plan.ends)] if len(spans) < len(samples) or not samples else []
    return min(first for first, _ in spans), max(last for _, last in spans)


def contact_time(rule: ExposureRule) -> exp.Expr:
    """The instant of a contact."""
    return column(rule.exposed_at)


def contact_arm(rule: ExposureRule) -> exp.Expr:
    """The arm of a contact, as text."""
    return exp.cast(column(rule.arm_column), "VARCHAR")


def struct(**fields: exp.Expr) -> exp.Struct:
    """A value of several fields, ordered by the first that differs."""
    parts = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value.copy())
        for name, value in fields.items()
    ]
    return exp.Struct(expressions=parts)


def field_of(value: exp.Expr, name: str) -> exp.Expr:
    return exp.Dot(this=value.copy(), expression=exp.to_identifier(name, quoted=True))
