"""Units of which only one of two groups has an exposure: the difference of the groups' sums is a sum over them.

Units that a study saw in several arms are of its groups here: whom it sets apart is chance, and names nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.base import Input, Session
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.governance.disclosure import EVERYONE, Group
from impact_pipeline.lake.lake import Lake

KEYS = ("unit", "cohort_day")
"""A unit whose windows begin on another day has other outcomes."""


@dataclass(frozen=True, slots=True)
class ExposedGroup:
    """Units of some arms of a study: all of them, or those with one value of a segment."""

    group: Group
    arms: tuple[str, ...]


def exposures_of(a: Study, b: Study, lake: Lake) -> Mapping[str, Input]:
    """What a session reads that compares groups of two studies, or of one."""
    return {name: lake.exposures(study.table).files() for name, study in (("a", a), ("b", b))}


def units_not_shared(a: ExposedGroup, b: ExposedGroup, session: Session) -> tuple[int, int]:
    """How many units are in a group of the first study alone, and in one of the second alone."""
    [found] = session.table(_query(a, b)).to_pylist()
    return int(found["a"]), int(found["b"])


def _query(a: ExposedGroup, b: ExposedGroup) -> exp.Select:
    joined = (
        exp.select(*(named(column(key, name), f"{key}_{name}") for name in ("a", "b") for key in KEYS))
        .from_(_units("a", a))
        .join(_units("b", b), on=exp.and_(*(column(key, "a").eq(column(key, "b")) for key in KEYS)), join_type="full")
    )
    missing = {"a": column("unit_b").is_(exp.null()), "b": column("unit_a").is_(exp.null())}
    counts = (named(exp.CountIf(this=alone), name) for name, alone in missing.items())
    return exp.select(*counts).from_(joined.subquery("joined"))


def _units(name: str, of: ExposedGroup) -> exp.Subquery:
    segment, value = of.group
    chosen: list[exp.Expr] = [column("arm").isin(*of.arms)]
    if of.group != EVERYONE:
        chosen.append(column(segment_column(segment)).eq(value))
    rows = exp.select(*(column(key) for key in KEYS)).from_(exp.to_table(name, quoted=True)).where(*chosen)
    return rows.subquery(name)
