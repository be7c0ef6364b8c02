"""Exact sums over units by group and by bucket of their rows' values: distributions of rows that units come with.

Of a unit's rows, c lie in a bucket, I_before in lower ones, N in all. Sums over units of c, of `2 c I_before + c^2`
(what I^2 grows by) and of c N are what the variance of a share of rows at or below a value is made of, where units and
not rows are independent; they add up over groups, and running sums over buckets give those of I, I^2 and I N.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.readings import UnitTotal
from impact_pipeline.engines.buckets import bucket
from impact_pipeline.engines.scaled import column, named, scaled, total
from impact_pipeline.outcomes.exposed_rows import condition, joined, measure_of
from impact_pipeline.outcomes.group_sums import by_each
from impact_pipeline.outcomes.unit_table import ARM, COHORT, segment_code
from impact_pipeline.outcomes.value_buckets import BUCKET

IN_BUCKET, BEFORE, IN_ALL = "in_bucket", "before", "in_all"
"""Columns: a unit's rows in the bucket, up to it, and in all."""


def unit_buckets_query(study: Study, events: UnitTotal, digits: int, codes: Sequence[str]) -> exp.Select:
    """Codes, bucket and counts of rows, one row per unit and bucket, from a fact's rows and the table `units`."""
    fact, measure = study.catalog.facts[events.fact], study.measure(events)
    assert measure is not None
    value = scaled(measure_of(study, events), measure.scale)
    rows = joined(study, fact, "units", events.window.last_day).select(
        named(bucket(value, digits), BUCKET), *(column(code, "u") for code in codes)
    )
    chosen = condition(study, events.fact, events.filter, events.window, events.window.last_day)
    rows = rows.where(value.copy().is_(exp.null()).not_(), *(() if chosen is None else (chosen,)))
    keys = ("unit", *codes, BUCKET)
    counted = exp.select(*map(column, keys), named(exp.func("count", exp.Star()), IN_BUCKET))
    counted = counted.from_(rows.subquery("rows")).group_by(*map(column, keys))
    kept = exp.select(*map(column, (*codes, BUCKET, IN_BUCKET)), named(_running(), BEFORE), named(_all(), IN_ALL))
    return kept.from_(counted.subquery("counted"))


def _running() -> exp.Expr:
    """A unit's rows in lower buckets."""
    order = exp.Order(expressions=[exp.Ordered(this=column(BUCKET))])
    frame = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
    upto = exp.Window(this=exp.func("sum", column(IN_BUCKET)), partition_by=[column("unit")], order=order, spec=frame)
    return exp.Sub(this=upto, expression=column(IN_BUCKET))


def _all() -> exp.Expr:
    return exp.Window(this=exp.func("sum", column(IN_BUCKET)), partition_by=[column("unit")])


def events_query(table: str, bundle: Sequence[int]) -> exp.Select:
    """n units with a row in the bucket and the three sums, by group and bucket, from a kept `unit_buckets_query`."""
    codes = (COHORT, ARM, *(segment_code(index) for index in bundle))
    here, before, everywhere = (exp.cast(column(name), "HUGEINT") for name in (IN_BUCKET, BEFORE, IN_ALL))
    twice = exp.Mul(this=exp.Literal.number(2), expression=exp.Mul(this=here, expression=before))
    grown = exp.Add(this=twice, expression=exp.Mul(this=here.copy(), expression=here.copy()))
    sums = {"y": here.copy(), "yy": grown, "yd": exp.Mul(this=here.copy(), expression=everywhere)}
    joint = exp.select(*map(column, (*codes, BUCKET)), named(exp.func("count", exp.Star()), "n"))
    joint = joint.from_(exp.to_table(table, quoted=True)).group_by(*map(column, (*codes, BUCKET)))
    for name, value in sums.items():
        joint = joint.select(named(exp.func("sum", value), name), copy=False)
    query = exp.select(*(named(total(column(name)), name) for name in ("n", *sums)))
    return by_each(query.from_(joint.subquery("joint")), bundle, BUCKET)
