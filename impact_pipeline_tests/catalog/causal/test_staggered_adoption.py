from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption


def design(**settings: Any) -> StaggeredAdoption:
    return StaggeredAdoption.model_validate({"type": "staggered_adoption", **settings})


def test_defaults_are_those_of_the_paper_and_the_overall_effect_it_recommends() -> None:
    assert design().model_dump() == {
        "type": "staggered_adoption", "comparison": "never_treated", "base_period": "varying", "anticipation": 0,
        "estimation": "doubly_robust", "aggregation": "group", "bands": "simultaneous", "draws": 2000,
        "cross_check": "imputation",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"comparison": "never"}, "'never_treated' or 'not_yet_treated'"),
        ({"anticipation": -1}, "greater than or equal to 0"),
        ({"draws": 10}, "greater than or equal to 200"),
        ({"treated_from": "year"}, "Extra inputs are not permitted"),
    ],
)
def test_other_settings_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        design(**settings)
