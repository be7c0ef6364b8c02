from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation


def settings(**chosen: Any) -> OffPolicyEvaluation:
    return OffPolicyEvaluation.model_validate({"type": "off_policy_evaluation", **chosen})


def test_the_default_needs_no_model() -> None:
    assert (settings().estimator, settings().clip, settings().interval) == ("snips", None, "normal")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"switch": 3}, "switch is of estimator: switch_doubly_robust"),
        ({"estimator": "ips", "shrinkage": 3}, "shrinkage is of estimator: doubly_robust_shrinkage"),
        ({"clip": 0}, "greater than 0"),
        ({"folds": 1}, "greater than or equal to 2"),
        ({"estimator": "dr"}, "'ips', 'snips', 'direct', 'doubly_robust'"),
    ],
)
def test_choices_that_do_not_fit_are_refused(chosen: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**chosen)
