"""Units that were not randomised, made comparable by what was known of them before."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.causal.cross_fitting import CrossFitting
from impact_pipeline.catalog.document import Expression, Model

ObservationalEstimator = Literal[
    "matching",
    "ipw",
    "regression_adjustment",
    "aipw",
    "ipwra",
    "entropy_balancing",
    "regression",
    "linear_regression",
    "cross_fitted",
]


class Matching(Model):
    """Each unit's nearest neighbours of the other arm; as near ones count in equal shares.

    Distances are in standard deviations of the score, or Mahalanobis' of the covariates: `caliper` is the largest that
    counts as near, `tie_tolerance` how much a squared distance may be longer and still be as near.
    `variance_neighbours` are the units that tell a unit's own variance (0: the same variance for all).
    """

    on: Literal["propensity", "mahalanobis", "inverse_variance"] = "propensity"
    neighbours: Annotated[int, Field(ge=1, le=100)] = 1
    replacement: bool = True
    caliper: Annotated[float, Field(gt=0)] | None = None
    tie_tolerance: Annotated[float, Field(ge=0, le=1)] = 0.0
    bias_correction: bool = False
    variance_neighbours: Annotated[int, Field(ge=0, le=100)] = 2
    score_is_estimated: bool = True

    @model_validator(mode="after")
    def _variance_needs_two(self) -> Self:
        if self.variance_neighbours == 1:
            raise ValueError("variance_neighbours: one unit has no variance; write 0 (equal variances) or at least 2")
        if not self.replacement and self.on != "propensity":
            raise ValueError(f"replacement: units are used once only when matched on propensity, not on {self.on}")
        return self


class Observational(Model):
    """Units that were not randomised, made comparable by what was known of them before.

    `propensity` is the link of the treatment's model, `trimming` leaves out units whose score lies beyond `cutoff`
    (`crump` finds it). The outcome's model is one `by_arm` or `pooled`, with treatment and its `interactions`: the
    covariates on which the effect may depend. `regression` predicts from the pooled one; `linear_regression` is
    the coefficient of a treatment of any number, whose `errors` are by cluster where the sample names one, or else HC1.
    `moments` of `entropy_balancing` are the powers whose means are balanced.
    """

    type: Literal["observational"]
    estimator: ObservationalEstimator = "aipw"
    estimand: Literal["ATE", "ATT"] = "ATE"
    propensity: Literal["logit", "probit"] = "logit"
    trimming: Literal["none", "crump", "threshold"] = "none"
    cutoff: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    outcome_model: Literal["by_arm", "pooled"] = "by_arm"
    interactions: Literal["none", "all"] | tuple[Expression, ...] = "none"
    moments: Annotated[int, Field(ge=1, le=3)] = 1
    errors: Literal["automatic", "classical", "HC1", "cluster"] = "automatic"
    matching: Matching = Matching()
    cross_fitting: CrossFitting = CrossFitting()

    @model_validator(mode="after")
    def _settings_are_used(self) -> Self:
        owners = {
            "matching": ("matching",),
            "outcome_model": ("aipw", "regression_adjustment"),
            "moments": ("entropy_balancing",),
            "errors": ("linear_regression",),
            "cross_fitting": ("cross_fitted",),
        }
        for field, allowed in owners.items():
            if field in self.model_fields_set and self.estimator not in allowed:
                raise ValueError(f"{field}: belongs to `estimator: {' | '.join(allowed)}`, not to {self.estimator}")
        if "interactions" in self.model_fields_set and not (
            self.estimator == "regression" or self.outcome_model == "pooled"
        ):
            raise ValueError("interactions: belong to `estimator: regression` or `outcome_model: pooled`")
        if "cutoff" in self.model_fields_set and self.trimming != "threshold":
            raise ValueError(f"cutoff: belongs to `trimming: threshold`, not to {self.trimming}")
        if self.estimator == "matching" and not self.matching.replacement and self.estimand == "ATE":
            raise ValueError("matching.replacement: without it only the ATT is matched; write `estimand: ATT`")
        return self
