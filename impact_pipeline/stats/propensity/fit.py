"""What checks of an observational comparison look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.prepared import Prepared
from impact_pipeline.stats.refusal import Refusal

NO_FIT = "The method has no score and weights of its own to look at."


@dataclass(frozen=True, eq=False)
class ObservationalFit:
    """`weights` are those of units in their own arm under which the method compares arms; None: it models instead.

    `is_doubly_robust`: right if either model is.
    """

    ready: Prepared
    weights: Array | None
    is_doubly_robust: bool = False

    @property
    def covariates(self) -> dict[str, Array]:
        """All covariates, those of the outcome's model behind those of the treatment's, and the score."""
        sample, score = self.ready.sample, self.ready.score
        found = {**sample.covariates, **(sample.outcome_covariates or {})}
        return found if isinstance(score, Refusal) else {**found, "propensity score": np.asarray(score.scores)}
