from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.synthetic_control import SyntheticControl

WINDOW = {"first": 1980, "last": 1988}


def _read(**settings: Any) -> SyntheticControl:
    return SyntheticControl.model_validate({"type": "synthetic_control", **settings})


def test_defaults_are_outcomes_alone_and_placebos() -> None:
    found = _read()
    assert (found.method, found.inference, found.relative_to) == ("outcome_only", "placebo", "held_out_error")
    assert (found.errors, found.weight_search, found.draws) == ("placebo", "exact", 500)


def test_periods_are_numbers_text_or_days() -> None:
    found = _read(method="predictors", predictors={"a": WINDOW}, lagged_outcomes=[1975, "2020Q1", date(2020, 1, 1)])
    assert found.predictors["a"].last == 1988
    assert found.lagged_outcomes == (1975, "2020Q1", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "predictors"}, "needs `predictors` or `lagged_outcomes`"),
        ({"predictors": {"a": WINDOW}}, "method 'outcome_only' has no predictors"),
        ({"method": "predictors", "lagged_outcomes": [1], "inference": "conformal"}, "conformal inference is for"),
        ({"method": "synthetic_difference_in_differences", "inference": "conformal"}, "conformal inference is for"),
        ({"errors": "jackknife"}, "`errors: jackknife` is for"),
        ({"method": "augmented", "fit_window": WINDOW}, "leave `fit_window` out"),
        ({"ridge": 2.0}, "settings of the augmented method"),
        ({"unit_means": True}, "settings of the augmented method"),
        ({"method": "augmented", "weight_search": "early_stopped"}, "only solved exactly"),
        ({"weights": {"a": 0.6, "b": 0.3}}, "add up to 0.9"),
        ({"weights": {"a": 1.0}, "inference": "conformal"}, "placebo inference"),
        ({"weights": {"a": -0.5, "b": 1.5}}, "greater than or equal to 0"),
        ({"method": "classic"}, "Input should be 'outcome_only'"),
        ({"windows": {}}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told.replace("(", r"\(")):
        _read(**settings)


def test_published_weights_that_are_rounded_are_accepted() -> None:
    assert _read(weights={"a": 0.334, "b": 0.667}).weights["a"] == 0.334
