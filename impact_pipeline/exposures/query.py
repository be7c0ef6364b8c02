"""The SELECT behind a study's exposures."""

from __future__ import annotations

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BIN, CLUSTER, Design, SwitchbackDesign, cluster_column
from impact_pipeline.catalog.feature import NumberFeature
from impact_pipeline.catalog.plan import ColumnSegment, FeatureSegment, Segment, StudySegment
from impact_pipeline.catalog.samples import PanelSample, SeriesSample
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.bins import control_bin
from impact_pipeline.exposures.contacts import contact_arm, contact_rows, contact_time, field_of, struct
from impact_pipeline.exposures.other_study import NOT_IN_STUDY, arms_in

BLOCK_MARK = "@"
"""What parts a region from the number of its block."""

UNKNOWN = "unknown"
"""The segment value of a unit whose segment is not known."""


def segment_column(split: str) -> str:
    """The column with a unit's value of a segment, its cluster, or its bin."""
    return split.removeprefix("~") if split in (CLUSTER, BIN) else f"segment_{split}"


def covariate_column(feature: str) -> str:
    return f"covariate_{feature}"


def number_column(field: str) -> str:
    """The column with what a causal sample reads of a unit's first contact, as a number."""
    return f"number_{field}"


def label_column(field: str) -> str:
    """The column with what a causal sample reads of a unit's first contact, as text."""
    return f"label_{field}"


def exposures_query(study: Study) -> exp.Select:
    """One row per unit from exposure rows (`rows`, `rows_of_<name>` of another study) and features (`feature_<name>`).

    Columns: unit, arm, exposed_at, cohort_day, mixed, segment_<name> (text), covariate_<feature> (scaled integer),
    cluster where clusters are randomised, bin where the plan wants an A/A simulation, number_<field> and label_<field>
    where a causal sample reads one. The first contact wins; contacts
    at the same instant are ordered by arm, segment values and cluster, so the choice is stable.
    """
    first = exp.column("contact", table="u", quoted=True)
    chosen = [named(field_of(first, "arm"), "arm"), named(field_of(first, "at"), "exposed_at")]
    query = (
        exp.select(named(column("unit", "u"), "unit"), *chosen, named(column("cohort_day", "u"), "cohort_day"))
        .select(named(column("mixed", "u"), "mixed"))
        .with_("contacts", as_=_contacts(study))
        .with_("units", as_=_units(study))
        .from_(exp.alias_(exp.to_table("units", quoted=True), "u", table=True))
    )
    for name, segment in study.plan.segments.items():
        query = _with_segment(query, study, name, segment, first)
    if CLUSTER in study.splits:
        query = query.select(named(field_of(first, segment_column(CLUSTER)), segment_column(CLUSTER)), copy=False)
    if BIN in study.splits:
        query = query.select(named(control_bin(study, column("unit", "u"), field_of(first, "arm")), "bin"), copy=False)
    for field in study.row_numbers:
        query = query.select(named(field_of(first, number_column(field)), number_column(field)), copy=False)
    for field in study.row_clusters:
        query = query.select(named(field_of(first, label_column(field)), label_column(field)), copy=False)
    for feature in study.covariates:
        query, value = _joined(query, feature.name)
        known = exp.func("coalesce", value, _missing(feature))
        query = query.select(named(known, covariate_column(feature.name)), copy=False)
    return query


def _with_segment(query: exp.Select, study: Study, name: str, segment: Segment, first: exp.Expr) -> exp.Select:
    missing = UNKNOWN
    match segment:
        case ColumnSegment():
            value = field_of(first, segment_column(name))
        case FeatureSegment():
            query, value = _joined(query, segment.feature)
        case StudySegment():
            query, value = _in_study(query, study, segment.study)
            missing = NOT_IN_STUDY
    known = exp.func("coalesce", value, exp.Literal.string(missing))
    return query.select(named(known, segment_column(name)), copy=False)


def _contacts(study: Study) -> exp.Select:
    """Exposure rows of the plan's dates and arms, with what the first of them says of a unit."""
    plan = study.plan
    rule = study.contacts
    query = contact_rows(study.catalog, plan, rule, "rows")
    fields = {"at": contact_time(rule), "arm": contact_arm(rule)}
    for name, segment in plan.segments.items():
        if isinstance(segment, ColumnSegment):
            fields[segment_column(name)] = exp.cast(column(segment.column), "VARCHAR")
    for field, (text, kind) in study.row_numbers.items():
        tree = study.catalog.compile(rule.dataset, text, kind).tree
        fields[number_column(field)] = exp.TryCast(this=exp.paren(tree.copy()), to=exp.DataType.build("DOUBLE"))
    for field, name in study.row_clusters.items():
        fields[label_column(field)] = exp.cast(column(name), "VARCHAR")
    cluster = cluster_column(plan.design)
    if cluster is not None:
        fields[segment_column(CLUSTER)] = _cluster(plan.design, cluster, contact_time(rule))
        query = query.select(named(fields[segment_column(CLUSTER)], segment_column(CLUSTER)), copy=False)
    return query.select(named(struct(**fields), "contact"), copy=False)


def _cluster(design: Design, name: str, at: exp.Expr) -> exp.Expr:
    """The cluster as text; of a switchback, the region and the number of its block since 1970: 'north@493120'."""
    cluster = exp.cast(column(name), "VARCHAR")
    if not isinstance(design, SwitchbackDesign):
        return cluster
    length = exp.Literal.number(design.block_minutes * 60_000_000)
    number = exp.cast(exp.IntDiv(this=exp.func("epoch_us", at.copy()), expression=length), "VARCHAR")
    return exp.func("concat", cluster, exp.Literal.string(BLOCK_MARK), number)


def _units(study: Study) -> exp.Select:
    """One row per unit: its first contact, its cohort day (UTC), and whether it met several arms or clusters."""
    once = (*_one_arm(study), *(segment_column(split) for split in study.splits if split == CLUSTER))
    mixed: exp.Expr = exp.false()
    if once:
        mixed = exp.or_(*(exp.func("min", column(name)).neq(exp.func("max", column(name))) for name in once))
    cohort_day = exp.cast(exp.func("min", column("at")), "DATE")
    return (
        exp.select(column("unit"), named(exp.func("min", column("contact")), "contact"))
        .select(named(cohort_day, "cohort_day"), named(mixed, "mixed"))
        .from_(exp.to_table("contacts", quoted=True))
        .group_by(column("unit"))
    )


def _one_arm(study: Study) -> tuple[str, ...]:
    """What a unit meets one of; a panel's units may meet several arms in turn, of which the first decides."""
    followed = any(isinstance(sample, PanelSample | SeriesSample) for sample in study.samples)
    return () if followed else ("arm",)


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


def _in_study(query: exp.Select, study: Study, other: str) -> tuple[exp.Select, exp.Expr]:
    """The query with the unit's arm in another study, and that arm."""
    alias = f"s_{other}"
    if alias not in {join.alias_or_name for join in query.args.get("joins") or ()}:
        arms = arms_in(study.catalog, study.catalog.plans[other]).subquery(exp.to_identifier(alias, quoted=True))
        query = query.join(arms, on=column("unit", alias).eq(column("unit", "u")), join_type="left")
    return query, column("value", alias)


def _missing(feature: NumberFeature) -> exp.Expr:
    return exp.Literal.number(feature.remediation.missing * 10**feature.scale)
