from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences


def design(**settings: Any) -> DifferenceInDifferences:
    return DifferenceInDifferences.model_validate({"type": "difference_in_differences", **settings})


def test_defaults_follow_units_and_choose_errors_by_clusters() -> None:
    assert design().model_dump() == {
        "type": "difference_in_differences", "estimator": "two_way_fixed_effects", "errors": "auto", "anticipation": 0,
        "reference": None, "leads": None, "lags": None, "missing_cells": "allow", "placebo_draws": 199,
    }  # fmt: skip


def test_reference_is_the_last_period_before_any_anticipation() -> None:
    assert [design().event_reference, design(anticipation=2).event_reference, design(reference=-4).event_reference] == [
        -1, -3, -4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"estimator": "callaway"}, "'two_way_fixed_effects' or 'group_means'"),
        ({"errors": "CR3"}, "'auto', 'classical', 'HC1', 'CR1', 'CR2' or 'wild_bootstrap'"),
        ({"anticipation": -1}, "greater than or equal to 0"),
        ({"reference": 0}, "less than or equal to -1"),
        ({"anticipation": 2, "reference": -2}, "lies within the 2 periods of anticipation; take -3 or earlier"),
        ({"leads": 1, "reference": -3}, "leads 1 end after the reference -3"),
        (
            {"estimator": "group_means", "lags": 3, "leads": 4},
            "before and after only; leave out lags, leads",
        ),
        ({"placebo_draws": 5}, "greater than or equal to 39"),
        ({"unit": "state"}, "Extra inputs are not permitted"),
    ],
)
def test_other_settings_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        design(**settings)
    assert told in str(raised.value)
