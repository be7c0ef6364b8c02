"""Build one day of a feature view, point-in-time correct: nothing at or after the day's first instant is read."""

from __future__ import annotations

from datetime import date, timedelta

from sqlglot import exp

from impact_pipeline.catalog.catalog import Catalog, Feature
from impact_pipeline.catalog.expressions import Compiled, Kind
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.identity import digest
from impact_pipeline.engines.base import Engine
from impact_pipeline.engines.scaled import column, day, named, scaled, timestamp
from impact_pipeline.features.provenance import provenance_of
from impact_pipeline.lake.lake import Lake, days_between, published_days
from impact_pipeline.lake.tables import Publication

LOGIC = "features/1"
"""Part of every input digest: raised when a change here changes what is built from the same inputs."""


def build_day(
    catalog: Catalog, feature: Feature, on: date, *, lake: Lake, engine: Engine, generation: str
) -> Publication:
    """Publish `features/<view>` of day `on`: one row (unit, value) per unit with rows in the lookback.

    Units without rows are absent; readers give them `remediation.missing`. Raises `LakeError` when the dataset has
    never been published.
    """
    table = lake.feature(feature.name)
    days = lookback_days(catalog, feature, on)
    inputs = published_days(lake.trusted(feature.dataset), days)
    compiled, condition = compiled_of(catalog, feature)
    made_from = digest(LOGIC, feature, sorted(inputs.items()), on.isoformat())
    standing = table.current(made_from, on.isoformat())
    if standing is not None:
        return standing
    query = feature_query(catalog, feature, on, compiled, condition)
    facts = provenance_of(feature, compiled, condition, query, inputs, missing=sorted(set(days) - set(inputs)))
    files = lake.trusted(feature.dataset).files(inputs)
    with engine.batches(query, {"rows": files}) as rows:
        return table.publish(rows, generation=generation, input_digest=made_from, partition=on.isoformat(), facts=facts)


def lookback_days(catalog: Catalog, feature: Feature, on: date) -> tuple[str, ...]:
    """Days before `on` that the feature reads and its source has."""
    first = max(on - timedelta(days=feature.lookback_days), catalog.source_of(feature.dataset).first_day)
    return days_between(first, on - timedelta(days=1))


def compiled_of(catalog: Catalog, feature: Feature) -> tuple[Compiled, Compiled | None]:
    """The feature's checked expression and filter."""
    kind: Kind = "number" if isinstance(feature, SumFeature) else "category"
    condition = None if feature.filter is None else catalog.compile(feature.dataset, feature.filter, "condition")
    return catalog.compile(feature.dataset, feature.expression, kind), condition


def feature_query(
    catalog: Catalog, feature: Feature, on: date, compiled: Compiled, condition: Compiled | None
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
