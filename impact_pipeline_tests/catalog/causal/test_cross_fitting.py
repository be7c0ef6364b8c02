"""Settings of cross-fitted learners: their defaults, bounds, and the estimator that they belong to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.observational import Observational


def design(**settings: Any) -> Observational:
    return Observational.model_validate({"type": "observational", "estimator": "cross_fitted", **settings})


def test_defaults_are_five_folds_of_boosted_trees() -> None:
    asked = design().cross_fitting
    assert (asked.learner, asked.folds, asked.repeats, asked.score_bound) == ("boosted_trees", 5, 1, 0.01)
    assert asked.unit_effects == "doubly_robust"


@pytest.mark.parametrize(
    ("field", "value"), [("folds", 2), ("folds", 21), ("repeats", 0), ("score_bound", 0.0), ("learner", "oracle")]
)
def test_settings_beyond_their_bounds_are_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=f"cross_fitting.{field}"):
        design(cross_fitting={field: value})


def test_other_estimators_do_not_take_them() -> None:
    with pytest.raises(ValidationError, match="cross_fitting: belongs to"):
        design(estimator="aipw", cross_fitting={"folds": 3})
