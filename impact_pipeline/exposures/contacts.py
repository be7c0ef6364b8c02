"""Which rows of a trusted dataset are units' contacts with the arms of a plan."""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.plan import EvaluationPlan, ExposureRule
from impact_pipeline.engines.scaled import column, named, timestamp


def contact_rows(catalog: Catalog, plan: EvaluationPlan, rule: ExposureRule, table: str) -> exp.Select:
    """unit, at, arm of the rows of `table` within the plan's dates and arms that the rule chooses."""
    identifier = catalog.contracts[rule.dataset].identifier_of(plan.entity)
    assert identifier is not None
    at, arm = contact_time(rule), contact_arm(rule)
    arms = [exp.Literal.string(name) for name in sorted(plan.design.arms)]
    end = timestamp((plan.ends + timedelta(days=1)).isoformat())
    dated = [at >= timestamp(plan.starts.isoformat()), at < end]
    wanted: list[exp.Expr] = [*dated, arm.isin(*arms), column(identifier).is_(exp.null()).not_()]
    if rule.filter is not None:
        wanted.append(catalog.compile(rule.dataset, rule.filter, "condition").tree.copy())
    query = exp.select(named(column(identifier), "unit"), named(at, "at"), named(arm, "arm"))
    return query.from_(exp.to_table(table, quoted=True)).where(*wanted)


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
