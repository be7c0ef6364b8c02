"""Settings of observational designs: what is refused, in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.observational import Observational


def _design(**settings: Any) -> Observational:
    return Observational.model_validate({"type": "observational", **settings})


def test_defaults_are_doubly_robust_over_everybody() -> None:
    found = _design()
    assert (found.estimator, found.estimand, found.propensity, found.trimming) == ("aipw", "ATE", "logit", "none")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"estimator": "ipw", "matching": {"neighbours": 2}}, "matching: belongs to `estimator: matching`, not to ipw"),
        ({"interactions": ["age"]}, "interactions: belong to `estimator: regression` or `outcome_model: pooled`"),
        ({"moments": 2}, "moments: belongs to `estimator: entropy_balancing`, not to aipw"),
        (
            {"estimator": "ipw", "outcome_model": "pooled"},
            "outcome_model: belongs to `estimator: aipw | regression_adj",
        ),
        ({"cutoff": 0.2}, "cutoff: belongs to `trimming: threshold`, not to none"),
        ({"estimator": "matching", "matching": {"replacement": False}}, "without it only the ATT is matched"),
        (
            {"estimator": "matching", "matching": {"replacement": False, "on": "mahalanobis"}},
            "units are used once only when matched on propensity, not on mahalanobis",
        ),
        ({"estimator": "matching", "matching": {"variance_neighbours": 1}}, "one unit has no variance"),
        ({"trimming": "threshold", "cutoff": 0.5}, "less than 0.5"),
        ({"estimator": "guess"}, "Input should be"),
        ({"caliper": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_would_not_be_used_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        _design(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"estimator": "regression", "interactions": ["smokeintensity"]},
        {"outcome_model": "pooled", "interactions": "all"},
        {"trimming": "threshold", "cutoff": 0.2},
        {"estimator": "matching", "estimand": "ATT", "matching": {"replacement": False, "caliper": 0.2}},
    ],
)
def test_settings_that_belong_together_are_taken(settings: dict[str, Any]) -> None:
    assert _design(**settings).type == "observational"
