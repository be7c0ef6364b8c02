"""Uniqueness over the whole trusted table. A key that is unique in every day may still be repeated across days."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.contracts.compiled import repeated_keys
from impact_pipeline.contracts.suite import Rule, Severity, rules_of
from impact_pipeline.engines.base import Engine
from impact_pipeline.lake.lake import Lake

_TABLE, _REPEATED = "trusted", "repeated"


@dataclass(frozen=True, slots=True)
class TableUniqueness:
    """One key over all days: how many keys are repeated, in how many rows, and on which days those lie."""

    rule: str
    columns: tuple[str, ...]
    severity: Severity
    repeated_keys: int
    repeated_rows: int
    days: tuple[str, ...]

    @property
    def success(self) -> bool:
        return self.repeated_keys == 0


def table_rules(contract: Contract) -> tuple[Rule, ...]:
    """The rules whose `impact.scope` is `table`; without `properties`, such a rule is about the primary key."""
    return tuple(rule for rule in rules_of(contract) if rule.level == "table")


def table_uniqueness(contract: Contract, lake: Lake, engine: Engine) -> tuple[TableUniqueness, ...]:
    """One result for each table rule; none where the contract asks for none. Reads the key columns of every day."""
    return tuple(_judged(rule, contract, lake, engine) for rule in table_rules(contract))


def _judged(rule: Rule, contract: Contract, lake: Lake, engine: Engine) -> TableUniqueness:
    found = engine.table(_days_query(rule), {_TABLE: lake.trusted(contract.name).files()}).to_pylist()
    keys = int(found[0]["repeated_keys"]) if found else 0
    days = tuple(row["day"].isoformat() for row in found)
    rows = sum(int(row["repeated_rows"]) for row in found)
    return TableUniqueness(rule.name, rule.columns, rule.severity, keys, rows, days)


def _days_query(rule: Rule) -> exp.Select:
    """A row for each day that holds rows of a repeated key."""
    same = [
        exp.NullSafeEQ(
            this=exp.column(n, table=_TABLE, quoted=True), expression=exp.column(n, table=_REPEATED, quoted=True)
        )
        for n in rule.columns
    ]
    day = exp.column("day", table=_TABLE, quoted=True)
    keys = exp.select(exp.Count(this=exp.Star())).from_(_REPEATED).subquery()
    rows = exp.alias_(exp.Count(this=exp.Star()), "repeated_rows")
    return (
        exp.select(exp.alias_(day, "day"), rows, exp.alias_(keys, "repeated_keys"))
        .from_(_TABLE)
        .join(_REPEATED, on=exp.and_(*same))
        .with_(_REPEATED, as_=repeated_keys(rule, _TABLE))
        .group_by(day.copy())
        .order_by(day.copy())
    )
