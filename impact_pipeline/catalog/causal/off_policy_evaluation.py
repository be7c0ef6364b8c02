"""What another policy would have earned, from the log of the one that ran."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model

Positive = Annotated[float, Field(gt=0)]


class OffPolicyEvaluation(Model):
    """What another policy would have earned, from the log of the one that ran.

    `clip` bounds importance weights. `switch` is the weight from which the reward model speaks alone, `shrinkage` the
    square of the weight that is halved; automatic takes the one of least estimated error. A reward model is fitted by
    action on the other `folds`.
    """

    type: Literal["off_policy_evaluation"]
    estimator: Literal["ips", "snips", "direct", "doubly_robust", "switch_doubly_robust", "doubly_robust_shrinkage"] = (
        "snips"
    )
    clip: Positive | None = None
    switch: Literal["automatic"] | Positive = "automatic"
    shrinkage: Literal["automatic"] | Positive = "automatic"
    reward_model: Literal["ridge", "logistic", "boosted_trees"] = "ridge"
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    interval: Literal["normal", "empirical_bernstein"] = "normal"

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if self.switch != "automatic" and self.estimator != "switch_doubly_robust":
            raise ValueError("switch is of estimator: switch_doubly_robust; drop it, or choose that one")
        if self.shrinkage != "automatic" and self.estimator != "doubly_robust_shrinkage":
            raise ValueError("shrinkage is of estimator: doubly_robust_shrinkage; drop it, or choose that one")
        return self
