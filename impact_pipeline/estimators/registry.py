"""Every estimator, and which one answers for a reading under a design."""

from __future__ import annotations

from collections.abc import Sequence

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.estimators.clustered_cuped import ClusteredCuped
from impact_pipeline.estimators.clustered_means import ClusteredMeans
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.difference_in_quantiles import DifferenceInQuantiles
from impact_pipeline.estimators.question import Estimator
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums
from impact_pipeline.estimators.regression_adjustment import RegressionAdjustment
from impact_pipeline.estimators.switchback import Switchback

ESTIMATORS: tuple[Estimator, ...] = (
    DifferenceInMeans(),
    RatioOfSums(),
    Cuped(),
    RegressionAdjustment(),
    DifferenceInQuantiles(),
    ClusteredMeans(),
    ClusteredCuped(),
    Switchback(),
)


def estimator_for(
    design_type: str,
    metric: Metric,
    reading: Reading,
    wanted: str | None = None,
    estimators: Sequence[Estimator] = ESTIMATORS,
) -> Estimator | None:
    """The first that accepts both, or the one `wanted`; it uses covariates exactly when the metric has any."""
    adjusts = bool(metric.covariates)
    accepted = (
        e for e in estimators if design_type in e.designs and reading.form in e.forms and e.uses_covariates == adjusts
    )
    return next((e for e in accepted if wanted in (None, e.name)), None)


def why_none(design_type: str, metric: Metric, reading: Reading, wanted: str | None) -> str:
    """What to tell where `estimator_for` finds none."""
    if wanted is None:
        return f"no estimator takes a {metric.type} metric under a {design_type} design"
    fitting = [e for e in ESTIMATORS if estimator_for(design_type, metric, reading, e.name) is e]
    named = ", ".join(e.name for e in fitting) or "none"
    return f"estimator '{wanted}' does not take this metric under a {design_type} design; those that do: {named}"
