"""Units of which only one of two groups has an exposure: what the difference of the groups' sums would be a sum of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.base import Engine
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.governance.disclosure import EVERYONE, Group
from impact_pipeline.lake.lake import Lake

KEYS = ("unit", "cohort_day")
"""A unit whose windows begin on another day has other outcomes."""


@dataclass(frozen=True, slots=True)
class ExposedGroup:
    """Units of some arms of a study: all of them, or those with one value of a segment."""

    study: Study
    group: Group
    arms: tuple[str, ...]


def units_not_shared(a: ExposedGroup, b: ExposedGroup, lake: Lake, engine: Engine) -> int:
    """How many units are in one of the groups and not in the other."""
    files = {name: lake.exposures(one.study.table).files() for name, one in (("a", a), ("b", b))}
    return int(engine.table(_query(a, b), files).to_pylist()[0]["n"])


def _query(a: ExposedGroup, b: ExposedGroup) -> exp.Select:
    joined = (
        exp.select(*(named(column(key, name), f"{key}_{name}") for name in ("a", "b") for key in KEYS))
        .from_(_units("a", a))
        .join(_units("b", b), on=exp.and_(*(column(key, "a").eq(column(key, "b")) for key in KEYS)), join_type="full")
    )
    alone = exp.or_(*(column(f"unit_{name}").is_(exp.null()) for name in ("a", "b")))
    return exp.select(named(exp.Count(this=exp.Star()), "n")).from_(joined.subquery("joined")).where(alone)


def _units(name: str, of: ExposedGroup) -> exp.Subquery:
    segment, value = of.group
    chosen = [column("mixed").not_(), column("arm").isin(*of.arms)]
    if of.group != EVERYONE:
        chosen.append(column(segment_column(segment)).eq(value))
    rows = exp.select(*(column(key) for key in KEYS)).from_(exp.to_table(name, quoted=True)).where(*chosen)
    return rows.subquery(name)
