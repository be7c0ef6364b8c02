"""Exact sums over the unit table by group: n, sums, sums of products and undefined rows.

Segments are read several at a time: the table is added up by their joint values once, while those are few, and the
small result by each of them. Sums of integers are the same either way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import prod

from sqlglot import exp

from impact_pipeline.engines.scaled import column, named, total
from impact_pipeline.outcomes.query import SEGMENT
from impact_pipeline.outcomes.unit_table import ARM, COHORT, Groups, segment_code
from impact_pipeline.outcomes.unit_totals import bad_column
from impact_pipeline.outcomes.variables import ReadingColumns, Variables

VALUE = "value_code"
"""Output column: the code of a segment's value."""

JOINT_GROUPS = 4096
"""Up to this many groups (cohorts x arms x joint values of segments) one pass over the unit table serves them all."""

BIGINT_LIMIT = 2**63


def product_column(first: str, second: str) -> str:
    return "*".join(sorted((first, second)))


def bundles(groups: Groups, cohorts: int) -> tuple[tuple[int, ...], ...]:
    """Segments, by their places in the plan, in as few passes as their numbers of values allow; at least one pass."""
    room = JOINT_GROUPS // (cohorts * len(groups.arms))
    sizes = [len(values) for values in groups.segments.values()]
    found: list[list[int]] = [[]]
    for index, size in sorted(enumerate(sizes), key=lambda pair: pair[1]):
        if found[-1] and size * prod(sizes[i] for i in found[-1]) > room:
            found.append([])
        found[-1].append(index)
    return tuple(map(tuple, found))


def sums_query(
    variables: Variables, uncertain: Sequence[str], largest: Mapping[str, int], bundle: Sequence[int]
) -> exp.Select:
    """Sums by cohort and arm, for all units and by each segment of a bundle, from the table `wide`.

    `largest` holds the largest absolute value of each summed column; `uncertain` names totals with undefined rows.
    """
    keys = [column(name) for name in (COHORT, ARM, *(segment_code(i) for i in bundle))]
    joint = exp.select(*keys, named(exp.func("count", exp.Star()), "n")).from_(exp.to_table("wide", quoted=True))
    summed = dict(_summed(variables, largest))
    summed |= {bad_column(name): column(bad_column(name)) for name in uncertain}
    for name, value in summed.items():
        joint = joint.select(named(exp.func("sum", value), name), copy=False)
    joint = joint.group_by(*(key.copy() for key in keys))
    query = exp.select(*(named(total(column(name)), name) for name in ("n", *summed)))
    return by_each(query.from_(joint.subquery("joint")), bundle)


def bounds_query(names: Sequence[str]) -> exp.Select:
    """The largest absolute value of each column of the table `wide`."""
    columns = [
        named(exp.func("greatest", exp.func("max", column(n)), exp.Neg(this=exp.func("min", column(n)))), n)
        for n in names
    ]
    return exp.select(*columns).from_(exp.to_table("wide", quoted=True))


def summed_columns(variables: Variables) -> tuple[str, ...]:
    """Columns of the unit table whose sums are wanted."""
    found = [name for columns in variables.columns for name in (*columns.sums.values(), *columns.x)]
    return tuple(dict.fromkeys(found))


def products(columns: ReadingColumns) -> Iterator[tuple[str, str]]:
    """Pairs of columns whose products are summed for a reading; an indicator's own square is its sum."""
    names = (*columns.sums.values(), *columns.x)
    yield from combinations_with_replacement(dict.fromkeys(names), 2)


def product(first: str, second: str, largest: Mapping[str, int]) -> exp.Expr:
    """The product of two columns, in 128 bits where 64 may not hold it."""
    fits = largest[first] * largest[second] < BIGINT_LIMIT
    left = column(first) if fits else exp.cast(column(first), "HUGEINT")
    return exp.Mul(this=left, expression=column(second))


def sum_column(first: str, second: str, indicators: Collection[str]) -> str:
    """The output column with the sum of a product."""
    return first if first == second and first in indicators else product_column(first, second)


def _summed(variables: Variables, largest: Mapping[str, int]) -> Iterator[tuple[str, exp.Expr]]:
    """Output name -> what is added up."""
    for name in summed_columns(variables):
        yield name, column(name)
    for columns in variables.columns:
        for first, second in products(columns):
            if sum_column(first, second, variables.indicators) != first:
                yield product_column(first, second), product(first, second, largest)


def by_each(query: exp.Select, bundle: Sequence[int], *more: str) -> exp.Select:
    """Group by cohort and arm (and `more`), for all units and by each segment of a bundle besides."""
    keys = [column(name) for name in (COHORT, ARM, *more)]
    segments = [column(segment_code(index)) for index in bundle]
    wanted: list[list[exp.Column]] = [keys, *([*keys, segment] for segment in segments)]
    sets = [exp.Tuple(expressions=[key.copy() for key in one]) for one in wanted]
    index: exp.Expr = exp.Literal.number(-1)
    value: exp.Expr = exp.Literal.number(0)
    for place, segment in zip(bundle, segments, strict=True):
        inside = exp.func("grouping", segment.copy()).eq(0)
        index = exp.Case().when(inside, exp.Literal.number(place)).else_(index)
        value = exp.Case().when(inside.copy(), segment.copy()).else_(value)
    codes = [named(exp.cast(index, "INTEGER"), SEGMENT), named(exp.cast(value, "INTEGER"), VALUE)]
    query = query.select(*(key.copy() for key in keys), *codes, copy=False)
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query
