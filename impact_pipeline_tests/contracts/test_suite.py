from __future__ import annotations

import json
from typing import Any

import great_expectations as gx
import pytest
from great_expectations.core import ExpectationSuite

from impact_pipeline.contracts.suite import (
    BETWEEN,
    COMPOUND_UNIQUE,
    IN_SET,
    LENGTHS,
    NOT_IN_SET,
    NOT_NULL,
    REGEX,
    ROW_COUNT,
    UNIQUE,
    Rule,
    expectation_suite,
    rules_of,
)
from impact_pipeline_tests.contracts.orders import column, contract, custom, orders_contract

ANY_ROWS = [{"metric": "rowCount", "mustBeGreaterOrEqualTo": 0}]


def rules_on(type_: str = "VARCHAR", **fields: Any) -> list[Rule]:
    """The rules of one column, without the row count."""
    return [rule for rule in rules_of(contract([column("xx", type_, **fields)], ANY_ROWS)) if rule.type != ROW_COUNT]


def test_rules_of_the_orders_in_their_order() -> None:
    assert [rule.name for rule in rules_of(orders_contract())] == [
        "order_id_not_null", "user_key_not_null", "status_valid", "amount_typed", "amount_not_null", "amount_between",
        "items_typed", "items_between", "ordered_at_typed", "ordered_at_not_null", "loaded_at_typed",
        "ordered_at_in_day", "primary_key_unique", "row_count",
    ]  # fmt: skip


def test_each_promise_of_a_column_is_a_rule() -> None:
    assert rules_on(required=True) == [Rule("xx_not_null", NOT_NULL, {"column": "xx"}, column="xx")]
    assert rules_on(unique=True) == [Rule("xx_unique", UNIQUE, {"column": "xx"}, column="xx")]
    assert rules_on(logicalTypeOptions={"minLength": 1, "maxLength": 3}) == [
        Rule("xx_length", LENGTHS, {"column": "xx", "min_value": 1, "max_value": 3}, column="xx")
    ]
    assert rules_on(logicalTypeOptions={"pattern": r"^\d$"}) == [
        Rule("xx_pattern", REGEX, {"column": "xx", "regex": r"^[0-9]\Z"}, column="xx")
    ]
    assert rules_on("BIGINT", logicalTypeOptions={"minimum": 0}) == [
        Rule("xx_typed", IN_SET, {"column": "xx__typed", "value_set": (True,)}, column="xx"),
        Rule("xx_between", BETWEEN, {"column": "xx", "min_value": 0}, column="xx"),
    ]


def test_quality_of_a_column_is_a_rule() -> None:
    assert rules_on(
        quality=[{"metric": "missingValues", "arguments": {"missingValues": ["", "n/a"]}, "mustBe": 0}]
    ) == [
        Rule("xx_not_null", NOT_NULL, {"column": "xx"}, column="xx"),
        Rule("xx_not_missing", NOT_IN_SET, {"column": "xx", "value_set": ("", "n/a")}, column="xx"),
    ]
    assert rules_on(
        quality=[{"metric": "invalidValues", "arguments": {"pattern": ["^a"]}, "mustBe": 0, "name": "begins_a"}]
    ) == [Rule("begins_a", REGEX, {"column": "xx", "regex": "^a"}, column="xx")]
    assert rules_on(quality=[{"metric": "duplicateValues", "mustBe": 0, "severity": "warning"}]) == [
        Rule("xx_unique", UNIQUE, {"column": "xx"}, severity="warning", column="xx")
    ]


def test_a_tolerance_makes_a_rule_about_the_partition() -> None:
    assert rules_on(quality=[{"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 5}]) == [
        Rule("xx_not_null", NOT_NULL, {"column": "xx", "mostly": 0.95}, "partition", column="xx")
    ]


def test_keys_of_several_columns_and_rules_of_the_table() -> None:
    keys = [
        column("aa", "BIGINT", primaryKey=True, primaryKeyPosition=2),
        column("bb", "DATE", primaryKey=True, primaryKeyPosition=1),
    ]
    everywhere = {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scope="table")}
    pair = {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["aa"]}}
    rules = {rule.name: rule for rule in rules_of(contract(keys, [*ANY_ROWS, everywhere, pair]))}
    assert rules["primary_key_unique"] == Rule("primary_key_unique", COMPOUND_UNIQUE, {"column_list": ("bb", "aa")})
    assert rules["bb_aa_unique"] == Rule("bb_aa_unique", COMPOUND_UNIQUE, {"column_list": ("bb", "aa")}, "table")
    assert rules["aa_unique"] == Rule("aa_unique", UNIQUE, {"column": "aa"}, column="aa")


@pytest.mark.parametrize(
    ("bounds", "kwargs"),
    [
        ({"mustBe": 3}, {"min_value": 3, "max_value": 3}),
        ({"mustBeGreaterThan": 3}, {"min_value": 4}),
        ({"mustBeLessThan": 3}, {"max_value": 2}),
        ({"mustBeBetween": [2, 9]}, {"min_value": 2, "max_value": 9}),
    ],
)
def test_row_counts(bounds: dict[str, Any], kwargs: dict[str, int]) -> None:
    rules = rules_of(contract([column("xx", "VARCHAR")], [{"metric": "rowCount", **bounds}]))
    assert rules == (Rule("row_count", ROW_COUNT, kwargs, "partition"),)


def test_a_day_has_rows_unless_the_contract_says_otherwise() -> None:
    assert rules_of(contract([column("xx", "VARCHAR")])) == (
        Rule("row_count", ROW_COUNT, {"min_value": 1}, "partition"),
    )


def test_equal_names_are_told_apart() -> None:
    nulls = {"metric": "nullValues", "mustBe": 0}
    assert [rule.name for rule in rules_on(required=True, quality=[nulls, nulls])] == [
        "xx_not_null", "xx_not_null_2", "xx_not_null_3",
    ]  # fmt: skip


def test_the_suite_has_the_keys_of_great_expectations_and_survives_json() -> None:
    suite = expectation_suite(orders_contract())
    stored = json.loads(json.dumps(suite.to_json_dict()))
    assert stored["meta"] == {"great_expectations_version": gx.__version__}
    assert stored["expectations"][5] == {
        "type": BETWEEN,
        "kwargs": {"column": "amount", "min_value": 0.0, "max_value": 500.5},
        "meta": {"rule": "amount_between", "level": "row"},
        "severity": "critical",
    }
    read = ExpectationSuite(name=stored["name"], expectations=stored["expectations"], meta=stored["meta"])
    assert read.to_json_dict() == stored
    assert len(stored["expectations"]) == len(rules_of(orders_contract()))


def test_the_suite_leaves_out_rules_of_the_table() -> None:
    everywhere = {"metric": "duplicateValues", "mustBe": 0, "customProperties": custom(scope="table")}
    stored: Any = expectation_suite(contract([column("xx", "BIGINT", quality=[everywhere])])).to_json_dict()
    assert [expectation["meta"]["rule"] for expectation in stored["expectations"]] == [
        "xx_typed",
        "row_count",
    ]
