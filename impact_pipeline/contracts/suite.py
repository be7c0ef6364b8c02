"""A contract's promises as rules, and the rules as a Great Expectations suite.

| promise | expectation |
|---|---|
| a value has its type; the event lies in the day | values in set {true} of a mark (`<column>__typed`, `__in_day`) |
| `required`, primary key, `nullValues` | not null |
| `minimum`, `maximum` | between |
| `minLength`, `maxLength` | value lengths between |
| `pattern`, `invalidValues` | match regex, in set |
| `missingValues` | not null, not in set |
| `unique`, primary key, `duplicateValues` | unique, compound unique |
| `rowCount` (at least one row, when the contract says nothing) | row count between |

A value that cannot be typed is null to every rule but the one about its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from impact_pipeline.catalog.contract import Contract, Property, QualityRule, Scalar
from impact_pipeline.catalog.patterns import portable
from impact_pipeline.contracts.typed import IN_DAY, TYPED

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

Level = Literal["row", "partition", "table"]
Severity = Literal["error", "warning"]
Argument = Scalar | tuple[Scalar, ...]

NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
COMPOUND_UNIQUE = "expect_compound_columns_to_be_unique"
BETWEEN = "expect_column_values_to_be_between"
LENGTHS = "expect_column_value_lengths_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
NOT_IN_SET = "expect_column_values_to_not_be_in_set"
REGEX = "expect_column_values_to_match_regex"
ROW_COUNT = "expect_table_row_count_to_be_between"
UNIQUENESS = (UNIQUE, COMPOUND_UNIQUE)
SEVERITIES: Mapping[Severity, str] = {"error": "critical", "warning": "warning"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise. Rows that break a `row` rule are set aside; `partition` is judged as a whole; `table` elsewhere."""

    name: str
    type: str
    kwargs: Mapping[str, Argument] = field(default_factory=dict)
    level: Level = "row"
    severity: Severity = "error"
    column: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the judged rows that the rule reads."""
        listed = self.kwargs.get("column_list", ())
        single = self.kwargs.get("column")
        return tuple(map(str, listed)) if isinstance(listed, tuple) and listed else (str(single),) if single else ()


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule of the contract, in its order, each with a name of its own."""
    return tuple(_distinctly_named(_rules(contract)))


def expectation_suite(contract: Contract) -> ExpectationSuite:
    """The rules of one partition as a suite; `to_json_dict()` of it is what is stored beside the contract."""
    return suite_of(contract.name, tuple(rule for rule in rules_of(contract) if rule.level != "table"))


def suite_of(name: str, rules: tuple[Rule, ...]) -> ExpectationSuite:
    from great_expectations.core import ExpectationSuite

    return ExpectationSuite(name=name, expectations=[_configuration(rule) for rule in rules])


def _configuration(rule: Rule) -> dict[str, object]:
    kwargs = {name: list(value) if isinstance(value, tuple) else value for name, value in rule.kwargs.items()}
    meta = {"rule": rule.name, "level": rule.level}
    return {"type": rule.type, "kwargs": kwargs, "meta": meta, "severity": SEVERITIES[rule.severity]}


def _distinctly_named(rules: Iterator[Rule]) -> Iterator[Rule]:
    seen: set[str] = set()
    for rule in rules:
        names = (rule.name, *(f"{rule.name}_{n}" for n in range(2, len(seen) + 3)))
        name = next(name for name in names if name not in seen)
        seen.add(name)
        yield replace(rule, name=name)


def _rules(contract: Contract) -> Iterator[Rule]:
    for column in contract.columns:
        yield from _column_rules(column, required=_is_required(contract, column))
    if contract.event_at:
        mark: dict[str, Argument] = {"column": contract.event_at + IN_DAY, "value_set": (True,)}
        yield Rule(f"{contract.event_at}_in_day", IN_SET, mark, column=contract.event_at)
    if contract.primary_key:
        yield _unique("primary_key_unique", contract.primary_key)
    for quality in contract.schema_[0].quality:
        yield _table_quality(quality, contract)
    if not any(quality.metric == "rowCount" for quality in contract.schema_[0].quality):
        yield Rule("row_count", ROW_COUNT, {"min_value": 1}, level="partition")


def _is_required(contract: Contract, column: Property) -> bool:
    return column.required or column.primaryKey or column.name == contract.event_at


def _column_rules(column: Property, *, required: bool) -> Iterator[Rule]:
    name, options = column.name, column.logicalTypeOptions
    if column.lake_type != "VARCHAR" and column.role != "identifier":
        yield Rule(f"{name}_typed", IN_SET, {"column": name + TYPED, "value_set": (True,)}, column=name)
    if required:
        yield Rule(f"{name}_not_null", NOT_NULL, {"column": name}, column=name)
    yield from _between(f"{name}_between", BETWEEN, name, options.minimum, options.maximum)
    yield from _between(f"{name}_length", LENGTHS, name, options.minLength, options.maxLength)
    if options.pattern is not None:
        yield Rule(f"{name}_pattern", REGEX, {"column": name, "regex": portable(options.pattern)}, column=name)
    if column.unique:
        yield _unique(f"{name}_unique", (name,))
    for quality in column.quality:
        yield from _column_quality(quality, name)


def _between(rule: str, type_: str, column: str, minimum: float | None, maximum: float | None) -> Iterator[Rule]:
    bounds = {"min_value": minimum, "max_value": maximum}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if given:
        yield Rule(rule, type_, {"column": column, **given}, column=column)


def _unique(name: str, columns: tuple[str, ...]) -> Rule:
    if len(columns) == 1:
        return Rule(name, UNIQUE, {"column": columns[0]}, column=columns[0])
    keys: tuple[Scalar, ...] = columns
    return Rule(name, COMPOUND_UNIQUE, {"column_list": keys})


def _column_quality(quality: QualityRule, column: str) -> Iterator[Rule]:
    """A tolerance in percent makes a rule about the partition: rows within it are not set aside."""
    level: Level = "partition" if quality.unit == "percent" else _level(quality)
    share = {"mostly": (100 - (quality.mustBeLessOrEqualTo or 0)) / 100} if quality.unit == "percent" else {}
    given = quality.arguments

    def rule(suffix: str, type_: str, **kwargs: Argument) -> Rule:
        name = quality.name or f"{column}_{suffix}"
        return Rule(name, type_, {"column": column, **kwargs, **share}, level, quality.severity, column)

    if quality.metric in ("nullValues", "missingValues"):
        yield rule("not_null", NOT_NULL)
    if quality.metric == "missingValues":
        yield rule("not_missing", NOT_IN_SET, value_set=given["missingValues"])
    if quality.metric == "invalidValues" and "pattern" in given:
        yield rule("valid", REGEX, regex=portable(str(given["pattern"][0])))
    elif quality.metric == "invalidValues":
        yield rule("valid", IN_SET, value_set=given["validValues"])
    if quality.metric == "duplicateValues":
        yield rule("unique", UNIQUE)


def _table_quality(quality: QualityRule, contract: Contract) -> Rule:
    if quality.metric == "rowCount":
        bounds = _row_bounds(quality)
        return Rule(quality.name or "row_count", ROW_COUNT, bounds, "partition", quality.severity)
    keys = tuple(map(str, quality.arguments.get("properties", contract.primary_key)))
    rule = _unique(quality.name or f"{'_'.join(keys)}_unique", keys)
    return replace(rule, level=_level(quality), severity=quality.severity)


def _level(quality: QualityRule) -> Level:
    return "table" if quality.scope == "table" else "row"


def _row_bounds(quality: QualityRule) -> dict[str, Argument]:
    lower = [quality.mustBe, quality.mustBeGreaterOrEqualTo, _shifted(quality.mustBeGreaterThan, 1)]
    upper = [quality.mustBe, quality.mustBeLessOrEqualTo, _shifted(quality.mustBeLessThan, -1)]
    if quality.mustBeBetween:
        lower.append(quality.mustBeBetween[0])
        upper.append(quality.mustBeBetween[1])
    bounds = {"min_value": [b for b in lower if b is not None], "max_value": [b for b in upper if b is not None]}
    return {name: max(given) if name == "min_value" else min(given) for name, given in bounds.items() if given}


def _shifted(bound: float | None, by: int) -> float | None:
    return None if bound is None else bound + by
