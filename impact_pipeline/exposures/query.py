"""The SELECT behind a study's exposures."""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER, cluster_column
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.plan import ColumnSegment
from impact_pipeline.engines.scaled import column, named, timestamp

UNKNOWN = "unknown"
"""The segment value of a unit whose segment is not known."""


def segment_column(split: str) -> str:
    """The column with a unit's value of a segment, or its cluster."""
    return "cluster" if split == CLUSTER else f"segment_{split}"


def covariate_column(feature: str) -> str:
    return f"covariate_{feature}"


def exposures_query(study: Study) -> exp.Select:
    """One row per unit from exposure rows (`rows`) and features (`feature_<name>`).

    Columns: unit, arm, exposed_at, cohort_day, mixed, segment_<name> (text), covariate_<feature> (scaled integer), and
    cluster where clusters are randomised. The first contact wins; contacts at the same instant are ordered by arm,
    segment values and cluster, so the choice is stable.
    """
    first = exp.column("contact", table="u", quoted=True)
    chosen = [named(_part(first, "arm"), "arm"), named(_part(first, "at"), "exposed_at")]
    query = (
        exp.select(named(column("unit", "u"), "unit"), *chosen, named(column("cohort_day", "u"), "cohort_day"))
        .select(named(column("mixed", "u"), "mixed"))
        .with_("contacts", as_=_contacts(study))
        .with_("units", as_=_units(study))
        .from_(exp.alias_(exp.to_table("units", quoted=True), "u", table=True))
    )
    for name, segment in study.plan.segments.items():
        if isinstance(segment, ColumnSegment):
            value = _part(first, segment_column(name))
        else:
            query, value = _joined(query, segment.feature)
        known = exp.func("coalesce", value, exp.Literal.string(UNKNOWN))
        query = query.select(named(known, segment_column(name)), copy=False)
    if CLUSTER in study.splits:
        query = query.select(named(_part(first, segment_column(CLUSTER)), segment_column(CLUSTER)), copy=False)
    for feature in study.covariates:
        query, value = _joined(query, feature.name)
        known = exp.func("coalesce", value, _missing(feature))
        query = query.select(named(known, covariate_column(feature.name)), copy=False)
    return query


def _part(struct: exp.Expr, field: str) -> exp.Expr:
    return exp.Dot(this=struct.copy(), expression=exp.to_identifier(field, quoted=True))


def _contacts(study: Study) -> exp.Select:
    """Exposure rows of the plan's dates and arms."""
    plan = study.plan
    rule = plan.exposure
    identifier = study.catalog.contracts[rule.dataset].identifier_of(plan.entity)
    assert identifier is not None
    at, arm = column(rule.exposed_at), exp.cast(column(rule.arm_column), "VARCHAR")
    arms = [exp.Literal.string(name) for name in sorted(plan.design.arms)]
    end = timestamp((plan.ends + timedelta(days=1)).isoformat())
    dated = [at >= timestamp(plan.starts.isoformat()), at < end]
    wanted: list[exp.Expr] = [*dated, arm.isin(*arms), column(identifier).is_(exp.null()).not_()]
    if rule.filter is not None:
        wanted.append(study.catalog.compile(rule.dataset, rule.filter, "condition").tree.copy())
    query = exp.select(named(column(identifier), "unit"), named(at, "at"), named(arm, "arm"))
    fields = [_field("at", at), _field("arm", arm)]
    for name, segment in plan.segments.items():
        if isinstance(segment, ColumnSegment):
            fields.append(_field(segment_column(name), exp.cast(column(segment.column), "VARCHAR")))
    cluster = cluster_column(plan.design)
    if cluster is not None:
        named_cluster = exp.cast(column(cluster), "VARCHAR")
        fields.append(_field(segment_column(CLUSTER), named_cluster))
        query = query.select(named(named_cluster, segment_column(CLUSTER)), copy=False)
    contact = exp.Struct(expressions=fields)
    return query.select(named(contact, "contact")).from_(exp.to_table("rows", quoted=True)).where(*wanted)


def _field(name: str, value: exp.Expr) -> exp.Expr:
    return exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value.copy())


def _units(study: Study) -> exp.Select:
    """One row per unit: its first contact, its cohort day (UTC), and whether it met several arms or clusters."""
    once = ("arm", *(segment_column(split) for split in study.splits if split == CLUSTER))
    mixed = exp.or_(*(exp.func("min", column(name)).neq(exp.func("max", column(name))) for name in once))
    cohort_day = exp.cast(exp.func("min", column("at")), "DATE")
    return (
        exp.select(column("unit"), named(exp.func("min", column("contact")), "contact"))
        .select(named(cohort_day, "cohort_day"), named(mixed, "mixed"))
        .from_(exp.to_table("contacts", quoted=True))
        .group_by(column("unit"))
    )


def _joined(query: exp.Select, feature: str) -> tuple[exp.Select, exp.Expr]:
    """The query with a feature's value as of the unit's cohort day, and that value."""
    alias = f"f_{feature}"
    if alias not in {join.alias_or_name for join in query.args.get("joins") or ()}:
        same = exp.and_(
            column("unit", alias).eq(column("unit", "u")), column("day", alias).eq(column("cohort_day", "u"))
        )
        table = exp.alias_(exp.to_table(f"feature_{feature}", quoted=True), alias, table=True, quoted=True)
        query = query.join(table, on=same, join_type="left")
    return query, column("value", alias)


def _missing(feature: SumFeature) -> exp.Expr:
    return exp.Literal.number(feature.remediation.missing * 10**feature.scale)
