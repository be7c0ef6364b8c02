from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from impact_pipeline.catalog.patterns import portable
from impact_pipeline.contracts.compiled import run_compiled
from impact_pipeline.contracts.gx import frame_of, run_with_gx
from impact_pipeline.contracts.report import RuleResult
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
)
from impact_pipeline.engines.duckdb import DuckDBEngine

ENGINE = DuckDBEngine(threads=1)
TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(), "whole": pa.int64(), "real": pa.float64(), "flag": pa.bool_(), "day": pa.date32(),
}  # fmt: skip
RULES = (
    Rule("text_present", NOT_NULL, {"column": "text"}),
    Rule("text_mostly_present", NOT_NULL, {"column": "text", "mostly": 0.5}),
    Rule("text_length", LENGTHS, {"column": "text", "min_value": 1, "max_value": 2}),
    Rule("text_listed", IN_SET, {"column": "text", "value_set": ("a", "é", "it's")}),
    Rule("text_not_listed", NOT_IN_SET, {"column": "text", "value_set": ("", "a")}),
    Rule("text_anchored", REGEX, {"column": "text", "regex": portable(r"^[a\d]+$")}),
    Rule("text_anywhere", REGEX, {"column": "text", "regex": portable(r"\s|\W$")}),
    Rule("text_escaped", REGEX, {"column": "text", "regex": portable(r"\\Z|^.$")}),
    Rule("text_once", UNIQUE, {"column": "text"}),
    Rule("whole_present", NOT_NULL, {"column": "whole"}),
    Rule("whole_bounded", BETWEEN, {"column": "whole", "min_value": -1, "max_value": 2**53}),
    Rule("whole_listed", IN_SET, {"column": "whole", "value_set": (0, 1)}),
    Rule("whole_once", UNIQUE, {"column": "whole"}),
    Rule("real_bounded", BETWEEN, {"column": "real", "min_value": 0.1, "max_value": 1e300}),
    Rule("real_from", BETWEEN, {"column": "real", "min_value": 0, "mostly": 0.5}),
    Rule("real_listed", IN_SET, {"column": "real", "value_set": (0.1, 2, 0.30000000000000004)}),
    Rule("flag_true", IN_SET, {"column": "flag", "value_set": (True,)}),
    Rule("day_once", UNIQUE, {"column": "day"}),
    Rule("pair_once", COMPOUND_UNIQUE, {"column_list": ("text", "whole")}),
    Rule("rows", ROW_COUNT, {"min_value": 2, "max_value": 4}, "partition"),
)

TEXTS = st.sampled_from(["", "a", "a1", "é", "👍", "it's", "a\n", "\n", " ", "\u00a0", "٣", "\\Z", "abc"])
WHOLES = st.sampled_from([0, 1, -1, -2, 2**53, 2**53 + 1, 2**60, 2**60 + 1, 2**63 - 1])
REALS = st.sampled_from([0.0, -0.0, 0.1, 0.3, 0.30000000000000004, 2.0, -1e-9, 1e300, 1e308])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | TEXTS,
            "whole": st.none() | WHOLES,
            "real": st.none() | REALS,
            "flag": st.none() | st.booleans(),
            "day": st.none() | st.dates(),
        }
    ),
    max_size=12,
)


def compiled(rows: list[dict[str, Any]], rules: tuple[Rule, ...]) -> tuple[RuleResult, ...]:
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(TYPES.items())))
    return run_compiled(rules, exp.select("*").from_("dirty"), ENGINE, {"dirty": table})


def agree(rows: list[dict[str, Any]]) -> None:
    frame = frame_of(pa.Table.from_pylist(rows, schema=pa.schema(list(TYPES.items()))))
    assert compiled(rows, RULES) == run_with_gx(RULES, frame)


@settings(max_examples=10)
@given(ROWS)
def test_counts_equal_those_of_great_expectations(rows: list[dict[str, Any]]) -> None:
    agree(rows)


@pytest.mark.slow
@settings(max_examples=200)
@given(ROWS)
def test_counts_equal_those_of_great_expectations_on_many_frames(rows: list[dict[str, Any]]) -> None:
    agree(rows)


def row(**values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(TYPES), **values}


def counts(rule: Rule, *values: Any) -> tuple[bool, int | None, int | None]:
    """Success, missing and unexpected of a rule over one column's values."""
    column = str(rule.kwargs["column"])
    (result,) = compiled([row(**{column: value}) for value in values], (rule,))
    return result.success, result.missing_count, result.unexpected_count


def test_each_kind_of_rule_passes_and_fails() -> None:
    by_name = {rule.name: rule for rule in RULES}
    assert counts(by_name["text_present"], "a", "") == (True, None, 0)
    assert counts(by_name["text_present"], "a", None) == (False, None, 1)
    assert counts(by_name["text_mostly_present"], "a", None) == (True, None, 1)
    assert counts(by_name["text_mostly_present"], None, None, "a") == (False, None, 2)
    assert counts(by_name["text_length"], "a", "ab", None) == (True, 1, 0)
    assert counts(by_name["text_length"], "", "abc", "👍👍") == (False, 0, 2)
    assert counts(by_name["text_listed"], "a", "it's", None) == (True, 1, 0)
    assert counts(by_name["text_listed"], "A", "a") == (False, 0, 1)
    assert counts(by_name["text_not_listed"], "b", None) == (True, 1, 0)
    assert counts(by_name["text_not_listed"], "", "a", "b") == (False, 0, 2)
    assert counts(by_name["text_anchored"], "a1a", None) == (True, 1, 0)
    assert counts(by_name["text_anchored"], "a\n", "٣", "a") == (False, 0, 2)
    assert counts(by_name["text_once"], "a", "b", None, None) == (True, 2, 0)
    assert counts(by_name["text_once"], "a", "a", "b") == (False, 0, 2)
    assert counts(by_name["whole_bounded"], -1, 2**53) == (True, 0, 0)
    assert counts(by_name["whole_bounded"], -2, 2**53 + 1, None) == (False, 1, 2)
    assert counts(by_name["real_bounded"], 0.1, 1e300) == (True, 0, 0)
    assert counts(by_name["real_bounded"], 0.09999999999999999, 1e301) == (False, 0, 2)
    assert counts(by_name["flag_true"], True, None) == (True, 1, 0)
    assert counts(by_name["flag_true"], True, False, False) == (False, 0, 2)


def test_compound_keys_treat_null_as_a_value_and_miss_only_empty_keys() -> None:
    rule = Rule("pair_once", COMPOUND_UNIQUE, {"column_list": ("text", "whole")})
    (result,) = compiled([row(text="a"), row(text="a"), row(text="a", whole=1), row(), row()], (rule,))
    assert (result.success, result.missing_count, result.unexpected_count) == (False, 2, 2)


def test_row_counts_are_observed() -> None:
    rule = Rule("rows", ROW_COUNT, {"min_value": 1, "max_value": 2}, "partition")
    for n, success in ((0, False), (1, True), (2, True), (3, False)):
        (result,) = compiled([row()] * n, (rule,))
        assert (result.success, result.observed_value, result.element_count) == (success, n, None)


def test_no_rules_count_nothing() -> None:
    assert compiled([row()], ()) == ()
