"""The rows of a day told apart: those that keep every row rule, and those set aside with the rules they break.

All rows of a repeated key are set aside: which of them is true is not ours to guess.
"""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

from impact_pipeline.catalog.contract import Contract, Property
from impact_pipeline.contracts.compiled import repeated_keys, unexpected_in_row
from impact_pipeline.contracts.suite import UNIQUENESS, Rule, rules_of
from impact_pipeline.contracts.typed import RAW, judged_column, plain_column, typed_rows

DAY, REASONS = "day", "reasons"
_TYPED, _JUDGED, _REPEATED = "typed_rows", "judged", "repeated_"


def trusted_rows(contract: Contract, day: str, schema: pa.Schema) -> exp.Select:
    """Rows that break no row rule, with the contract's types."""
    columns = [plain_column(column.name) for column in contract.columns]
    kept = exp.column(REASONS, quoted=True).eq(exp.Literal.string(""))
    return judged_rows(contract, day, schema).select(*columns, plain_column(DAY)).where(kept)


def quarantined_rows(contract: Contract, day: str, schema: pa.Schema) -> exp.Select:
    """Rows that break a row rule: identifiers as they are, all else as the text it was, and the rules' names."""
    columns = [_as_delivered(column) for column in contract.columns]
    broken = exp.column(REASONS, quoted=True).neq(exp.Literal.string(""))
    return judged_rows(contract, day, schema).select(*columns, plain_column(REASONS), plain_column(DAY)).where(broken)


def quarantine_schema(contract: Contract) -> pa.Schema:
    """The columns that `quarantined_rows` yields."""
    kept = [(c.name, pa.int64() if c.role == "identifier" else pa.string()) for c in contract.columns]
    return pa.schema([*kept, (REASONS, pa.string()), (DAY, pa.date32())])


def judged_rows(contract: Contract, day: str, schema: pa.Schema) -> exp.Select:
    """SELECT (of nothing yet) from the typed rows and their `reasons`: the broken rules in the contract's order."""
    rules = setting_aside(contract)
    judged = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(_TYPED)), _reasons(rules, contract)).from_(
        _TYPED
    )
    query = exp.Select().from_(_JUDGED).with_(_TYPED, as_=typed_rows(contract, day, schema), materialized=False)
    for n, rule in enumerate(rules):
        if rule.type in UNIQUENESS:
            repeated = f"{_REPEATED}{n}"
            query = query.with_(repeated, as_=repeated_keys(rule, _TYPED), materialized=False)
            judged = judged.join(repeated, on=_same_key(rule, repeated), join_type="left")
    return query.with_(_JUDGED, as_=judged, materialized=False)


def setting_aside(contract: Contract) -> tuple[Rule, ...]:
    """The rules that send a row to quarantine."""
    return tuple(rule for rule in rules_of(contract) if rule.level == "row" and rule.severity == "error")


def _reasons(rules: tuple[Rule, ...], contract: Contract) -> exp.Expr:
    names: list[exp.Expr] = [
        exp.Case().when(_broken(n, rule, contract), exp.Literal.string(rule.name)) for n, rule in enumerate(rules)
    ]
    arguments = [exp.Literal.string(", "), *(names or [exp.Literal.string("")])]
    return exp.alias_(exp.Anonymous(this="concat_ws", expressions=arguments), REASONS, quoted=True)


def _broken(n: int, rule: Rule, contract: Contract) -> exp.Expr:
    if rule.type in UNIQUENESS:
        return exp.column("repeats", table=f"{_REPEATED}{n}") > 1
    judged = judged_column(contract)

    def typed(name: str) -> exp.Expr:
        column = judged(name)
        for part in column.find_all(exp.Column):
            part.set("table", exp.to_identifier(_TYPED))
        return column

    return unexpected_in_row(rule, typed)


def _same_key(rule: Rule, repeated: str) -> exp.Expr:
    pairs = [
        (exp.column(n, table=_TYPED, quoted=True), exp.column(n, table=repeated, quoted=True)) for n in rule.columns
    ]
    return exp.and_(*(exp.NullSafeEQ(this=left, expression=right) for left, right in pairs))


def _as_delivered(column: Property) -> exp.Expr:
    if column.role == "identifier":
        return plain_column(column.name)
    return exp.alias_(plain_column(column.name + RAW), column.name, quoted=True)
