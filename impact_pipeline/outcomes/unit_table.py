"""The unit table of one pass: each exposed unit's group as small integers, its covariates and its totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.engines.scaled import column, named
from impact_pipeline.exposures.query import segment_column
from impact_pipeline.outcomes.unit_totals import FactPass, bad_column
from impact_pipeline.outcomes.variables import Variable, Variables

COHORT, ARM = "cohort", "arm"
"""Columns: days since the first cohort, and the arm's place in the list of arms."""


def segment_code(index: int) -> str:
    """The column with the place of a unit's value of a segment in that segment's list of values."""
    return f"segment{index}"


@dataclass(frozen=True, slots=True)
class Groups:
    """How groups are coded: small integers are grouped several times faster than text."""

    first_cohort: date
    arms: tuple[str, ...]
    segments: Mapping[str, tuple[str, ...]]

    @property
    def inputs(self) -> dict[str, pa.Table]:
        """Code tables, as inputs of `units_query`."""
        lists = {ARM: self.arms, **{segment_code(i): values for i, values in enumerate(self.segments.values())}}
        return {
            f"codes_{name}": pa.table({"value": pa.array(values, pa.string()), "code": _codes(len(values))})
            for name, values in lists.items()
        }


def _codes(count: int) -> pa.Array:
    return pa.array(range(count), pa.int16() if count < 2**15 else pa.int32())


def units_query(
    groups: Groups, covariates: Sequence[str], cohorts: Sequence[date], washout_minutes: int = 0
) -> exp.Select:
    """unit, exposed_at, cohort_day, codes and covariates of the exposed units of some cohorts.

    With a wash-out, `exposed_at` is its end: the instant from which a unit's events count.
    """
    days = [_day(cohort) for cohort in cohorts]
    counted_from = named(_later(column("exposed_at", "e"), washout_minutes), "exposed_at")
    kept = [column("unit", "e"), counted_from, *(column(name, "e") for name in ("cohort_day", *covariates))]
    cohort = exp.cast(column("cohort_day", "e") - _day(groups.first_cohort), "INTEGER")
    query = exp.select(*kept, named(cohort, COHORT)).from_(
        exp.alias_(exp.to_table("exposures", quoted=True), "e", table=True)
    )
    coded = {ARM: "arm", **{segment_code(i): segment_column(name) for i, name in enumerate(groups.segments)}}
    for code, source in coded.items():
        table = exp.alias_(exp.to_table(f"codes_{code}", quoted=True), f"c_{code}", table=True, quoted=True)
        query = query.join(table, on=column("value", f"c_{code}").eq(column(source, "e"))).select(
            named(column("code", f"c_{code}"), code)
        )
    return query.where(exp.not_(column("mixed", "e")), column("cohort_day", "e").isin(*days))


def wide_query(
    groups: Groups,
    covariates: Sequence[str],
    variables: Variables,
    passes: Sequence[FactPass],
    keys: Sequence[str] = (),
) -> exp.Select:
    """One row per exposed unit: codes, covariates, variables and undefined rows; 0 for a unit without rows.

    Reads the tables `totals_<fact>` of each pass and `totals_<name>` of each funnel. `keys` are columns of the units
    that are kept besides.
    """
    query = exp.select(*(column(name, "u") for name in (*keys, *code_columns(groups), *covariates))).from_(
        exp.alias_(exp.to_table("units", quoted=True), "u", table=True)
    )
    table_of = {total.name: f"totals_{total.name}" for total in variables.steps}
    for read in passes:
        totals = f"totals_{read.fact.name}"
        query = query.select(*(named(_integer(bad_column(n), totals), bad_column(n)) for n in read.uncertain))
        table_of |= {total.name: totals for total in read.totals}
    for totals in dict.fromkeys(table_of.values()):
        table = exp.to_table(totals, quoted=True)
        query = query.join(table, on=column("unit", totals).eq(column("unit", "u")), join_type="left")
    return query.select(*(named(_value(variable, table_of), variable.name) for variable in variables.variables))


def code_columns(groups: Groups) -> tuple[str, ...]:
    """Columns that say which group a unit is in."""
    return COHORT, ARM, *(segment_code(i) for i in range(len(groups.segments)))


def _value(variable: Variable, table_of: Mapping[str, str]) -> exp.Expr:
    parts = [_times(_integer(total.name, table_of[total.name]), factor) for factor, total in variable.terms]
    value = reduce(lambda left, right: exp.Add(this=left, expression=right), parts)
    if variable.cap is not None:
        value = exp.func("least", value, exp.Literal.number(variable.cap))
    if variable.at_least is not None:
        value = exp.GTE(this=exp.paren(value), expression=exp.Literal.number(variable.at_least))
    return exp.cast(value, "BIGINT")


def _times(value: exp.Expr, factor: int) -> exp.Expr:
    return value if factor == 1 else exp.Mul(this=value, expression=exp.paren(exp.Literal.number(factor)))


def _integer(name: str, table: str) -> exp.Expr:
    return exp.cast(exp.func("coalesce", column(name, table), exp.Literal.number(0)), "BIGINT")


def _later(instant: exp.Expr, minutes: int) -> exp.Expr:
    if not minutes:
        return instant
    return exp.Add(this=instant, expression=exp.Interval(this=exp.Literal.string(str(minutes)), unit=exp.var("MINUTE")))


def _day(on: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(on.isoformat()), "DATE")
