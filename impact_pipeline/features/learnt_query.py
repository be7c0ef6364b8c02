"""The SELECTs behind a learnt feature: inputs as of a day, and what became of a sample of units since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.engines.scaled import column, named, total

UNIT, OUTCOME = "unit", "outcome"
KNOWN, TOTALS = "known", "totals"


def input_name(place: int) -> str:
    """How an input is offered to the queries, and its column."""
    return f"x{place}"


def known_query(inputs: Sequence[SumFeature]) -> exp.Select:
    """One row per unit that any input (tables `x0`, `x1`, ..) knows: unit, x0, x1, .. as scaled integers.

    An input that does not know the unit has its own `remediation.missing`.
    """
    rows = exp.union(*map(_rows_of, range(len(inputs))), distinct=False) if len(inputs) > 1 else _rows_of(0)
    place, value = column("place"), column("value")
    query = exp.select(column(UNIT)).from_(rows.subquery(exp.to_identifier("rows", quoted=True)))
    for number, one in enumerate(inputs):
        own = exp.func("max", exp.Case().when(place.eq(exp.Literal.number(number)), value.copy()))
        missing = exp.Literal.number(one.remediation.missing * 10**one.scale)
        query = query.select(named(exp.cast(exp.func("coalesce", own, missing), "BIGINT"), input_name(number)))
    return query.group_by(column(UNIT))


def _rows_of(place: int) -> exp.Select:
    table = exp.to_table(input_name(place), quoted=True)
    return exp.select(column(UNIT), column("value"), named(exp.Literal.number(place), "place")).from_(table)


def training_query(inputs: Sequence[SumFeature], salt: str, most: int) -> exp.Select:
    """At most `most` units of those in `known`, chosen by a hash of unit and salt, with the outcome from `totals`."""
    salted = exp.func("concat", exp.cast(column(UNIT), "VARCHAR"), exp.Literal.string(f" {salt}"))
    first = [exp.func("md5", salted), column(UNIT)]
    picked = exp.select("*").from_(exp.to_table(KNOWN, quoted=True)).order_by(*first).limit(most)
    outcome = exp.func("coalesce", column("value", TOTALS), exp.Literal.number(0))
    names = [column(name, "picked") for name in (UNIT, *map(input_name, range(len(inputs))))]
    same = column(UNIT, "picked").eq(column(UNIT, TOTALS))
    return (
        exp.select(*names, named(outcome, OUTCOME))
        .from_(picked.subquery(exp.to_identifier("picked", quoted=True)))
        .join(exp.to_table(TOTALS, quoted=True), on=same, join_type="left")
        .order_by(column(UNIT, "picked"))
    )


def sums_query(inputs: Sequence[SumFeature]) -> exp.Select:
    """Number of units that the inputs know, and each input's exact sum over them."""
    sums = (named(total(column(name)), name) for name in map(input_name, range(len(inputs))))
    known = known_query(inputs).subquery(exp.to_identifier(KNOWN, quoted=True))
    return exp.select(named(exp.func("count", exp.Star()), "n"), *sums).from_(known)
