from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.contract import Contract
from impact_pipeline.catalog.contract_rules import contracts_are_enforceable
from impact_pipeline_tests.contracts.orders import column, contract, custom, orders_contract

ID = custom(role="identifier", entity="user")
KEYS = "VARCHAR, BIGINT, INTEGER, DATE, TIMESTAMPTZ"
VALID = {"metric": "invalidValues", "mustBe": 0}


def faults(promised: Contract) -> list[tuple[str, str]]:
    catalog = Catalog(Path(), contracts={"orders": promised})
    return [(".".join(map(str, path)), message) for _, path, message in contracts_are_enforceable(catalog)]


def column_faults(type_: str = "VARCHAR", **fields: Any) -> list[tuple[str, str]]:
    """Faults of one column, located within it."""
    found = faults(contract([column(fields.pop("name", "amount"), type_, **fields)]))
    return [(path.removeprefix("schema.0.properties.0."), message) for path, message in found]


def quality_faults(type_: str = "VARCHAR", **rule: Any) -> list[str]:
    return [message for _, message in column_faults(type_, quality=[rule])]


def test_a_sound_contract_has_no_faults() -> None:
    assert faults(orders_contract(latency=24)) == []
    rules = [
        {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 5},
        {"metric": "missingValues", "arguments": {"missingValues": ["n/a"]}, "mustBeLessOrEqualTo": 0},
        {"metric": "invalidValues", "arguments": {"pattern": ["^a"]}, "mustBe": 0},
        {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scope="table")},
    ]
    assert column_faults(quality=rules, logicalTypeOptions={"minLength": 1, "pattern": "^a"}) == []


@pytest.mark.parametrize(
    ("customs", "path", "message"),
    [
        (
            {"onbreach": "fail"},
            "customProperties.0.property",
            "'impact.onbreach' is not known here; known are impact.onBreach, impact.maxQuarantinedShare, "
            "impact.eventAt, impact.ingestedAt",
        ),
        ({"maxQuarantinedShare": 5}, "customProperties", "impact.maxQuarantinedShare is 5; write a share from 0 to 1"),
        (
            {"maxQuarantinedShare": "5 %"},
            "customProperties",
            "impact.maxQuarantinedShare is '5 %'; write a share from 0 to 1",
        ),
        ({"latency": -1}, "slaProperties.0.value", "a latency is a number above 0 with unit m, h or d"),
        ({"latency": "PT4H"}, "slaProperties.0.value", "a latency is a number above 0 with unit m, h or d"),
    ],
)
def test_faults_of_the_contract(customs: dict[str, Any], path: str, message: str) -> None:
    assert faults(contract([column("amount", "VARCHAR")], **customs)) == [(path, message)]


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        (
            {"customProperties": custom(scope="table")},
            "customProperties.0.property",
            "'impact.scope' is not known here; known are impact.role, impact.entity",
        ),
        (
            {"customProperties": custom(role="cost")},
            "customProperties",
            "impact.role is 'cost'; write one of identifier, quasi_identifier, sensitive, dimension, measure, time",
        ),
        ({"name": "day"}, "name", "'day' is reserved: day, reasons and names with '__' are ours; rename it"),
        (
            {"name": "amount__typed"},
            "name",
            "'amount__typed' is reserved: day, reasons and names with '__' are ours; rename it",
        ),
        (
            {"type_": "DOUBLE", "unique": True},
            "physicalType",
            f"a key is one of {KEYS}; DOUBLE values are not compared exactly",
        ),
        (
            {"type_": "DECIMAL(9,2)", "primaryKey": True},
            "physicalType",
            f"a key is one of {KEYS}; DECIMAL(9,2) values are not compared exactly",
        ),
        (
            {"logicalTypeOptions": {"minimum": 0}},
            "logicalTypeOptions",
            "minimum and maximum bound numbers; column 'amount' is a string",
        ),
        (
            {"type_": "BIGINT", "logicalTypeOptions": {"minimum": 0.5}},
            "logicalTypeOptions",
            "the bounds of an integer are 64-bit integers",
        ),
        (
            {"type_": "BIGINT", "logicalTypeOptions": {"minimum": 2**63}},
            "logicalTypeOptions",
            "the bounds of an integer are 64-bit integers",
        ),
        (
            {"type_": "DOUBLE", "logicalTypeOptions": {"maxLength": 3}},
            "logicalTypeOptions",
            "lengths and patterns are of text; column 'amount' is not text inside the lake",
        ),
        (
            {"customProperties": ID, "logicalTypeOptions": {"pattern": "^u"}},
            "logicalTypeOptions",
            "lengths and patterns are of text; column 'amount' is not text inside the lake",
        ),
        (
            {"type_": "DOUBLE", "logicalTypeOptions": {"minimum": 2, "maximum": 1}},
            "logicalTypeOptions",
            "the lower bound is above the upper one; exchange them",
        ),
        (
            {"logicalTypeOptions": {"pattern": "(?i)a"}},
            "logicalTypeOptions.pattern",
            "the pattern uses '(?...'; of these only '(?:' is portable",
        ),
    ],
)
def test_faults_of_a_column(fields: dict[str, Any], path: str, message: str) -> None:
    assert column_faults(**fields) == [(path, message)]


@pytest.mark.parametrize(
    ("type_", "rule", "message"),
    [
        (
            "BIGINT",
            {"metric": "rowCount", "mustBe": 1},
            "rowCount is about the whole table; move the rule to the schema's `quality`",
        ),
        (
            "DOUBLE",
            {"metric": "duplicateValues", "mustBe": 0},
            f"a key is one of {KEYS}; DOUBLE values are not compared exactly",
        ),
        (
            "VARCHAR",
            {"metric": "nullValues", "mustBe": 3},
            "nullValues in rows needs mustBe: 0; a tolerance is given in percent for nullValues and invalidValues",
        ),
        (
            "VARCHAR",
            {"metric": "nullValues"},
            "nullValues in rows needs mustBe: 0; a tolerance is given in percent for nullValues and invalidValues",
        ),
        (
            "VARCHAR",
            {"metric": "nullValues", "unit": "percent", "mustBeLessThan": 5},
            "nullValues in percent needs mustBeLessOrEqualTo from 0 to 100, and no other bound",
        ),
        (
            "VARCHAR",
            {"metric": "duplicateValues", "unit": "percent", "mustBeLessOrEqualTo": 5},
            "duplicateValues in rows needs mustBe: 0; a tolerance is given in percent for nullValues and invalidValues",
        ),
        (
            "VARCHAR",
            {"metric": "nullValues", "mustBe": 0, "customProperties": custom(scope="table")},
            "nullValues is judged by partition; impact.scope 'table' is for duplicateValues",
        ),
        (
            "VARCHAR",
            {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scope="month")},
            "impact.scope is 'month'; write 'partition' or 'table'",
        ),
        (
            "VARCHAR",
            {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scop="table")},
            "'impact.scop' is not known here; known are impact.scope",
        ),
        (
            "VARCHAR",
            {"metric": "nullValues", "mustBe": 0, "arguments": {"validValues": ["a"]}},
            "validValues: not an argument of nullValues; arguments are none",
        ),
        ("VARCHAR", VALID, "give exactly one of validValues, pattern"),
        ("VARCHAR", {**VALID, "arguments": {"validValues": [1]}}, "list at least one string, and nothing else"),
        ("BIGINT", {**VALID, "arguments": {"validValues": [True]}}, "list at least one integer, and nothing else"),
        (
            "DATE",
            {**VALID, "arguments": {"validValues": ["2026-01-01"]}},
            "values of a date column of role time cannot be listed",
        ),
        ("BIGINT", {**VALID, "arguments": {"pattern": ["^a"]}}, "give one pattern, of a text column"),
        (
            "VARCHAR",
            {**VALID, "arguments": {"pattern": ["(a"]}},
            "the pattern does not parse (missing ), unterminated subpattern); correct it",
        ),
    ],
)
def test_faults_of_a_columns_quality(type_: str, rule: dict[str, Any], message: str) -> None:
    assert quality_faults(type_, **rule) == [message]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"metric": "nullValues", "mustBe": 0},
            "nullValues is about one column; move the rule to that property's `quality`",
        ),
        (
            {"metric": "duplicateValues", "mustBe": 0},
            "name the columns in `arguments.properties`, or mark a primary key",
        ),
        (
            {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["amount", "other"]}},
            f"amount, other: not a column of type {KEYS}",
        ),
        ({"metric": "rowCount"}, "rowCount needs a bound in whole rows, such as mustBeGreaterOrEqualTo: 1"),
        (
            {"metric": "rowCount", "mustBeGreaterThan": 0.5},
            "rowCount needs a bound in whole rows, such as mustBeGreaterOrEqualTo: 1",
        ),
        (
            {"metric": "rowCount", "mustBe": 5, "unit": "percent"},
            "rowCount needs a bound in whole rows, such as mustBeGreaterOrEqualTo: 1",
        ),
    ],
)
def test_faults_of_the_tables_quality(rule: dict[str, Any], message: str) -> None:
    promised = contract([column("amount", "DOUBLE")], [rule])
    assert sorted({text for _, text in faults(promised)}) == sorted({message})


def test_a_rules_name_stands_once() -> None:
    rule = {"metric": "nullValues", "mustBe": 0, "name": "present"}
    promised = contract([column("aa", "VARCHAR", quality=[rule]), column("bb", "VARCHAR", quality=[rule])])
    assert faults(promised) == [("schema.0.properties.1.quality.0.name", "rule 'present' stands twice; rename one")]
