"""Exact sums over the unit table by group and by bucket of a unit's value: mergeable distributions.

A quantile needs the number of units in each bucket. A percentile cap needs their moments too, so that whichever value a
look caps at, the capped moments are those of lower buckets plus the cap times the units above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from impact_pipeline.engines.buckets import bucket
from impact_pipeline.engines.scaled import column, named, total
from impact_pipeline.outcomes.group_sums import by_each, product, product_column, products
from impact_pipeline.outcomes.unit_table import ARM, COHORT, segment_code
from impact_pipeline.outcomes.variables import ReadingColumns

BUCKET = "bucket"


def buckets_query(columns: ReadingColumns, largest: Mapping[str, int], bundle: Sequence[int]) -> exp.Select:
    """Units, and the sums that the reading keeps, by group and bucket of its outcome, from the table `wide`.

    `largest` holds the largest absolute value of each summed column.
    """
    assert columns.y is not None
    codes = (COHORT, ARM, *(segment_code(index) for index in bundle))
    value = bucket(column(columns.y.name), columns.reading.digits or 1)
    joint = exp.select(*map(column, codes), named(value, BUCKET), named(exp.func("count", exp.Star()), "n"))
    joint = joint.from_(exp.to_table("wide", quoted=True))
    summed = dict(_summed(columns, largest))
    for name, expression in summed.items():
        joint = joint.select(named(exp.func("sum", expression), name), copy=False)
    joint = joint.group_by(*map(column, codes), value.copy())
    query = exp.select(*(named(total(column(name)), name) for name in ("n", *summed)))
    return by_each(query.from_(joint.subquery("joint")), bundle, BUCKET)


def _summed(columns: ReadingColumns, largest: Mapping[str, int]) -> Iterator[tuple[str, exp.Expr]]:
    for name in (*columns.sums.values(), *columns.x):
        yield name, column(name)
    for first, second in products(columns):
        yield product_column(first, second), product(first, second, largest)
