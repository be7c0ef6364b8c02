from __future__ import annotations

import os
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from impact_pipeline.contracts.gx import frame_of, run_with_gx
from impact_pipeline.contracts.report import RuleResult
from impact_pipeline.contracts.suite import BETWEEN, NOT_NULL, ROW_COUNT, UNIQUE, Rule
from impact_pipeline.errors import ImpactError

ROWS = pa.table({"amount": pa.array([1, None, 2**60 + 1, 2**60], pa.int64())})


def test_counts_of_a_partition() -> None:
    rules = (
        Rule("present", NOT_NULL, {"column": "amount"}, column="amount"),
        Rule("small", BETWEEN, {"column": "amount", "max_value": 5}, severity="warning", column="amount"),
        Rule("once", UNIQUE, {"column": "amount"}, column="amount"),
        Rule("rows", ROW_COUNT, {"max_value": 3}, "partition"),
    )
    assert run_with_gx(rules, frame_of(ROWS)) == (
        RuleResult("present", NOT_NULL, "amount", "row", "error", False, 4, None, 1),
        RuleResult("small", BETWEEN, "amount", "row", "warning", False, 4, 1, 2),
        RuleResult("once", UNIQUE, "amount", "row", "error", True, 4, 1, 0),
        RuleResult("rows", ROW_COUNT, None, "partition", "error", False, observed_value=4),
    )


def test_no_rules_need_no_great_expectations() -> None:
    assert run_with_gx((), pd.DataFrame()) == ()


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_quotes_no_value() -> None:
    rows = frame_of(pa.table({"name": ["canary-4711"]}))
    rule = Rule("bounds", BETWEEN, {"column": "name", "min_value": 1}, column="name")
    with pytest.raises(ImpactError, match=rf"^rule bounds \({BETWEEN}\) could not be evaluated on columns name$"):
        run_with_gx((rule,), rows)


def test_a_frame_keeps_nulls_and_large_integers() -> None:
    frame = frame_of(ROWS)
    assert str(frame["amount"].dtype) == "Int64"
    assert frame["amount"].dropna().tolist() == [1, 2**60 + 1, 2**60]


def test_analytics_are_off_and_no_progress_is_printed(capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.delenv("GX_ANALYTICS_ENABLED", raising=False)
    run_with_gx((Rule("present", NOT_NULL, {"column": "amount"}),), frame_of(ROWS))
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert capfd.readouterr() == ("", "")
