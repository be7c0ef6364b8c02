"""Lines of tables."""

from __future__ import annotations

from dataclasses import replace

from impact_pipeline.reports.rows import NOTHING, estimate_rows
from impact_pipeline_tests.reports.examples import estimate, look


def test_an_estimate_is_written_with_its_units() -> None:
    row = estimate_rows(look(), look().results)[0]
    assert (row.label, row.role, row.control_mean, row.treatment_mean) == (
        "Orders per user", "success", "1.200 orders", "1.322 orders",
    )  # fmt: skip
    assert (row.control_units, row.treatment_units, row.p_value, row.method) == ("5,012", "4,988", "< 0.001", "cuped")
    assert (row.grade, row.tone, row.refused) == ("A", "better", "")
    assert str(row.effect) == "+10.2 % (95 % interval +7.1 % to +13.3 %)"


def test_a_missing_number_has_its_reason() -> None:
    row = estimate_rows(look(), look().results)[2]
    assert (row.effect, row.control_mean, row.p_value, row.grade) == (None, NOTHING, NOTHING, NOTHING)
    assert row.refused == (
        "The denominator is too close to zero (the mean of order_count is 0.2 standard errors from zero)."
    )


def test_without_a_relative_effect_the_absolute_one_stands() -> None:
    bare = replace(
        estimate("bounce_rate@1", (0.25, 0.27), (0.008, 0.032)), relative=None, relative_refused="control is near zero"
    )
    (row,) = estimate_rows(look(), [bare])
    assert str(row.effect) == "+2.0 pp (95 % interval +0.8 to +3.2 pp)"
    assert row.note == "control is near zero"


def test_an_absent_segment_value_is_unknown() -> None:
    (row,) = estimate_rows(look(), [estimate("bounce_rate@1", (0.25, 0.27), (0.008, 0.032), ("platform", ""))])
    assert row.segment == ("platform", "unknown")
