"""Rules compiled to one statement, for partitions too large for a pandas frame.

The counts are those Great Expectations gives on the same rows: nulls are missing, not unexpected; every row of a
repeated key is unexpected; a compound key is missing only where all its columns are null, and null equals null in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from impact_pipeline.catalog.patterns import END_OF_TEXT
from impact_pipeline.contracts.report import RuleResult, counted
from impact_pipeline.contracts.suite import (
    BETWEEN,
    IN_SET,
    LENGTHS,
    NOT_IN_SET,
    NOT_NULL,
    REGEX,
    ROW_COUNT,
    UNIQUENESS,
    Argument,
    Rule,
)
from impact_pipeline.contracts.typed import ColumnOf, plain_column
from impact_pipeline.engines.base import Engine, Input

ROWS = "judged_rows"
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def run_compiled(
    rules: tuple[Rule, ...],
    rows: exp.Query,
    engine: Engine,
    inputs: Mapping[str, Input],
    column_of: ColumnOf = plain_column,
) -> tuple[RuleResult, ...]:
    """One result for each rule, in order; `rows` selects the columns the rules read."""
    counts = engine.table(count_query(rules, rows, column_of), inputs).to_pylist()[0]
    return tuple(
        counted(rule, int(counts["elements"]), int(counts[f"missing_{n}"]), int(counts[f"unexpected_{n}"]))
        for n, rule in enumerate(rules)
    )


def count_query(rules: tuple[Rule, ...], rows: exp.Query, column_of: ColumnOf = plain_column) -> exp.Select:
    """One row: `elements`, and `missing_n` and `unexpected_n` of the n-th rule."""
    counts: list[exp.Expr] = [exp.alias_(exp.Count(this=exp.Star()), "elements")]
    for n, rule in enumerate(rules):
        unexpected = (
            _repeated_rows(rule, column_of)
            if rule.type in UNIQUENESS
            else count_where(unexpected_in_row(rule, column_of))
        )
        counts += [
            exp.alias_(count_where(_missing(rule, column_of)), f"missing_{n}"),
            exp.alias_(unexpected, f"unexpected_{n}"),
        ]
    return exp.select(*counts).from_(ROWS).with_(ROWS, as_=rows, materialized=False)


def count_where(condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))


def unexpected_in_row(rule: Rule, column_of: ColumnOf = plain_column) -> exp.Expr:
    """True where a row alone breaks the rule, false or null where it does not; uniqueness needs `repeated_keys`."""
    return _PREDICATES[rule.type](rule, column_of)


def repeated_keys(rule: Rule, source: str, column_of: ColumnOf = plain_column) -> exp.Select:
    """The keys that more than one row has, and how many rows have each (`repeats`)."""
    keys = [exp.alias_(column_of(name), name, quoted=True) for name in rule.columns]
    repeats = exp.Count(this=exp.Star())
    grouped = exp.select(*keys, exp.alias_(repeats, "repeats")).from_(source).where(_missing(rule, column_of).not_())
    return grouped.group_by(*(column_of(name) for name in rule.columns)).having(repeats.copy() > 1)


def _repeated_rows(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    total = exp.func("coalesce", exp.func("sum", exp.column("repeats")), exp.Literal.number(0))
    return exp.select(total).from_(repeated_keys(rule, ROWS, column_of).subquery("repeated")).subquery()


def _missing(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return exp.and_(exp.true(), *(column_of(name).is_(exp.null()) for name in rule.columns))


def _null(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return column_of(rule.columns[0]).is_(exp.null())


def _outside(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return _beyond(column_of(rule.columns[0]), rule)


def _lengths_outside(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return _beyond(exp.Length(this=column_of(rule.columns[0])), rule)


def _beyond(value: exp.Expr, rule: Rule) -> exp.Expr:
    lower, upper = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    below = exp.false() if lower is None else exp.LT(this=value.copy(), expression=_literal(lower))
    above = exp.false() if upper is None else exp.GT(this=value.copy(), expression=_literal(upper))
    return exp.or_(below, above)


def _not_listed(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return _listed(rule, column_of).not_()


def _listed(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    values = rule.kwargs["value_set"]
    assert isinstance(values, tuple)
    return exp.In(this=column_of(rule.columns[0]), expressions=[_literal(value) for value in values])


def _no_match(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    pattern = _ESCAPED.sub(_re2_escape, str(rule.kwargs["regex"]))
    return exp.Not(
        this=exp.Anonymous(this="regexp_matches", expressions=[column_of(rule.columns[0]), exp.Literal.string(pattern)])
    )


def _re2_escape(escaped: re.Match[str]) -> str:
    return r"\z" if escaped[0] == END_OF_TEXT else escaped[0]


def _nothing(rule: Rule, column_of: ColumnOf) -> exp.Expr:
    return exp.false()


_PREDICATES: Mapping[str, Callable[[Rule, ColumnOf], exp.Expr]] = {
    NOT_NULL: _null,
    BETWEEN: _outside,
    LENGTHS: _lengths_outside,
    IN_SET: _not_listed,
    NOT_IN_SET: _listed,
    REGEX: _no_match,
    ROW_COUNT: _nothing,
}


def _literal(value: Argument) -> exp.Expr:
    """A double is written as text and cast, so that it is the same double everywhere."""
    return exp.cast(exp.Literal.string(repr(value)), "DOUBLE") if isinstance(value, float) else exp.convert(value)
