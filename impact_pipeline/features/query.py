"""The SELECT behind one day of a feature that is read off rows."""

from __future__ import annotations

from datetime import date, timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.expressions import Compiled, Kind
from impact_pipeline.catalog.feature import FeatureOfRows, SumFeature
from impact_pipeline.engines.scaled import column, day, named, scaled, timestamp
from impact_pipeline.lake.lake import days_between


def lookback_days(catalog: Catalog, feature: FeatureOfRows, on: date) -> tuple[str, ...]:
    """Days before `on` that the feature reads and its source has."""
    first = max(on - timedelta(days=feature.lookback_days), catalog.source_of(feature.dataset).first_day)
    return days_between(first, on - timedelta(days=1))


def compiled_of(catalog: Catalog, feature: FeatureOfRows) -> tuple[Compiled, Compiled | None]:
    """The feature's checked expression and filter."""
    kind: Kind = "number" if isinstance(feature, SumFeature) else "category"
    condition = None if feature.filter is None else catalog.compile(feature.dataset, feature.filter, "condition")
    return catalog.compile(feature.dataset, feature.expression, kind), condition


def feature_query(
    catalog: Catalog, feature: FeatureOfRows, on: date, compiled: Compiled, condition: Compiled | None
) -> exp.Select:
    """The SELECT over trusted rows (`rows`) that yields unit, value, day."""
    identifier = catalog.contracts[feature.dataset].identifier_of(feature.entity)
    assert identifier is not None
    unit, at = column(identifier), column(feature.event_at)
    since = timestamp((on - timedelta(days=feature.lookback_days)).isoformat())
    known: list[exp.Expr] = [at >= since, at < timestamp(on.isoformat()), unit.is_(exp.null()).not_()]
    if condition is not None:
        known.append(condition.tree.copy())
    base = exp.select(named(unit, "unit")).from_(exp.to_table("rows", quoted=True)).where(*known)
    stamped = named(day(on.isoformat()), "day")
    if isinstance(feature, SumFeature):
        value = exp.cast(exp.func("sum", scaled(_clipped(feature, compiled.tree), feature.scale)), "BIGINT")
        whole = exp.func("coalesce", value, exp.Literal.number(0))
        return base.select(named(whole, "value"), stamped).group_by(unit)
    text = exp.cast(compiled.tree.copy(), "VARCHAR")
    newest = exp.Ordered(this=at, desc=True), exp.Ordered(this=text.copy(), desc=True)
    rank = exp.Window(this=exp.RowNumber(), partition_by=[unit], order=exp.Order(expressions=list(newest)))
    ranked = base.select(named(text, "value"), stamped).where(text.copy().is_(exp.null()).not_())
    return ranked.qualify(rank.eq(1))


def _clipped(feature: SumFeature, value: exp.Expr) -> exp.Expr:
    """The value held within the remediation's bounds, row by row."""
    clipped = value.copy()
    if feature.remediation.upper is not None:
        clipped = exp.func("least", clipped, exp.Literal.number(feature.remediation.upper))
    if feature.remediation.lower is not None:
        clipped = exp.func("greatest", clipped, exp.Literal.number(feature.remediation.lower))
    return clipped
