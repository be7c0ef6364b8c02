"""Every estimator, and which one answers for a metric under a design."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.estimators.base import Estimator
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums

ESTIMATORS: tuple[Estimator, ...] = (DifferenceInMeans(), RatioOfSums(), Cuped())


def estimator_for(design_type: str, metric: Metric, estimators: Sequence[Estimator] = ESTIMATORS) -> Estimator | None:
    """The first estimator that accepts both; one that uses a covariate exactly when the metric declares one."""
    adjusts = metric.covariate is not None
    accepted = (
        e for e in estimators if design_type in e.designs and metric.type in e.metrics and e.uses_covariate == adjusts
    )
    return next(accepted, None)
