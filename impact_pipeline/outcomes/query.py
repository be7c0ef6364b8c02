"""The SELECTs over exposures alone: units by group, mixed units, and what each cohort's exposures are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.query import segment_column

SEGMENT = "segment_index"
"""Output column: -1 for all units, else the index of the segment in the order of `Study.splits`."""


def counts_query(study: Study) -> exp.Select:
    """Exposed units by cohort day and arm, for all units and by each segment (or cluster)."""
    units = exp.to_table("exposures", quoted=True)
    query = exp.select(named(exp.func("count", exp.Star()), "n")).from_(units)
    return _grouped(query, study).where(exp.not_(column("mixed")))


def mixed_query() -> exp.Select:
    return exp.select(named(exp.func("count_if", column("mixed")), "n")).from_(exp.to_table("exposures", quoted=True))


def cohorts_query(sets: Mapping[str, Sequence[str]]) -> exp.Select:
    """Cohort day, number of units, and of each set of columns two sums of row hashes: equal for equal exposures.

    The engine's own hash is not promised to be the same in its next version: cohorts are then measured once more, and
    to the same integers.
    """
    day = column("cohort_day")
    sums = [each for name, names in sets.items() for each in _hash_sums(name, [column(one) for one in sorted(names)])]
    count = named(exp.func("count", exp.Star()), "n")
    query = exp.select(day, count, *sums).from_(exp.to_table("exposures", quoted=True))
    return query.group_by(day.copy()).order_by(day.copy())


def _hash_sums(name: str, columns: Sequence[exp.Expr]) -> tuple[exp.Expr, exp.Expr]:
    again = [exp.Literal.string("second"), *columns]
    return _hash_sum(columns, f"first {name}"), _hash_sum(again, f"second {name}")


def _hash_sum(values: Sequence[exp.Expr], name: str) -> exp.Expr:
    row = exp.func("hash", *(value.copy() for value in values))
    return named(exp.cast(exp.func("sum", exp.cast(row, "HUGEINT")), "VARCHAR"), name)


def _grouped(query: exp.Select, study: Study) -> exp.Select:
    """Group by cohort day and arm, and by each segment besides, in one pass."""
    keys = [column("cohort_day"), column("arm")]
    segments = [column(segment_column(name)) for name in study.splits]
    query = query.select(*(key.copy() for key in keys), copy=False)
    sets = [exp.Tuple(expressions=[key.copy() for key in keys])]
    sets += [exp.Tuple(expressions=[*(key.copy() for key in keys), segment.copy()]) for segment in segments]
    index: exp.Expr = exp.Literal.number(-1)
    value: exp.Expr = exp.Literal.string("")
    for number, segment in reversed(list(enumerate(segments))):
        inside = exp.func("grouping", segment.copy()).eq(0)
        index = exp.Case().when(inside, exp.Literal.number(number)).else_(index)
        value = exp.Case().when(inside.copy(), segment.copy()).else_(value)
    query = query.select(named(exp.cast(index, "BIGINT"), SEGMENT), named(value, "segment_value"), copy=False)
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query
