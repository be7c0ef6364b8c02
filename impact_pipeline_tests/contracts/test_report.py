from __future__ import annotations

import pyarrow as pa
import pytest

from impact_pipeline.contracts.gx import COUNTS_ONLY, _context, frame_of
from impact_pipeline.contracts.report import RuleResult, counted
from impact_pipeline.contracts.suite import BETWEEN, COMPOUND_UNIQUE, NOT_NULL, ROW_COUNT, UNIQUE, Rule, suite_of

AMOUNT = Rule("bounds", BETWEEN, {"column": "amount", "max_value": 5}, column="amount")


@pytest.mark.parametrize(
    ("elements", "missing", "unexpected", "mostly", "success"),
    [
        (4, 1, 0, 1, True),
        (4, 1, 1, 1, False),
        (4, 1, 1, 0.6, True),
        (4, 1, 1, 0.7, False),
        (3, 3, 0, 1, True),
        (0, 0, 0, 1, True),
    ],
)
def test_success_is_over_the_values_that_are_present(
    elements: int, missing: int, unexpected: int, mostly: float, success: bool
) -> None:
    rule = Rule("bounds", BETWEEN, {"column": "amount", "max_value": 5, "mostly": mostly})
    assert counted(rule, elements, missing, unexpected).success is success


def test_sentences_say_counts() -> None:
    assert counted(AMOUNT, 4, 1, 2).sentence == "bounds: 2 of 4 rows break it"
    assert counted(Rule("rows", ROW_COUNT, {"min_value": 1}, "partition"), 0, 0, 0).sentence == "rows: 0 rows"


def test_percentages_of_nothing_are_none() -> None:
    assert counted(AMOUNT, 0, 0, 0).gx_result == {
        "element_count": 0, "unexpected_count": 0, "unexpected_percent": None, "missing_count": 0,
        "missing_percent": None, "unexpected_percent_total": None, "unexpected_percent_nonmissing": None,
    }  # fmt: skip


@pytest.mark.parametrize("values", [[1, None, 9, 1], [None, None], [], [3]])
def test_gx_result_has_the_shape_of_great_expectations(values: list[int | None]) -> None:
    rules = (
        AMOUNT,
        Rule("present", NOT_NULL, {"column": "amount"}),
        Rule("once", UNIQUE, {"column": "amount"}),
        Rule("pair", COMPOUND_UNIQUE, {"column_list": ("amount", "other")}),
        Rule("rows", ROW_COUNT, {"min_value": 1}, "partition"),
    )
    table = pa.table({"amount": pa.array(values, pa.int64()), "other": pa.array(values, pa.int64())})
    asset = _context().data_sources.add_pandas("p").add_dataframe_asset("a")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame_of(table)})
    for found in batch.validate(suite_of("s", rules), result_format=COUNTS_ONLY).results:
        plain = {name: value for name, value in found.result.items() if name != "partial_unexpected_list"}
        counts = [plain.get(name) for name in ("element_count", "missing_count", "unexpected_count", "observed_value")]
        assert RuleResult("r", "t", None, "row", "error", True, *counts).gx_result == plain
