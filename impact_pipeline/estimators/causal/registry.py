"""Every estimator of a causal design, and which one a design asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impact_pipeline.estimators.causal.base import CausalEstimator
from impact_pipeline.estimators.causal.cross_fitted import CrossFitted
from impact_pipeline.estimators.causal.doubly_robust import DoublyRobust
from impact_pipeline.estimators.causal.entropy_balancing import EntropyBalancing
from impact_pipeline.estimators.causal.group_means import GroupMeans
from impact_pipeline.estimators.causal.group_time_effects import GroupTimeEffects
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.estimators.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.estimators.causal.inverse_propensity_weighting import InversePropensityWeighting
from impact_pipeline.estimators.causal.linear_regression import LinearRegression
from impact_pipeline.estimators.causal.matching import Matching
from impact_pipeline.estimators.causal.off_policy import OffPolicy
from impact_pipeline.estimators.causal.regression_discontinuity import RegressionDiscontinuity
from impact_pipeline.estimators.causal.regression_standardisation import RegressionStandardisation
from impact_pipeline.estimators.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.estimators.causal.synthetic_control import SyntheticControlEstimator
from impact_pipeline.estimators.causal.synthetic_difference_in_differences import SyntheticDifferenceInDifferences
from impact_pipeline.estimators.causal.two_way_fixed_effects import TwoWayFixedEffects

CAUSAL_ESTIMATORS: tuple[CausalEstimator, ...] = (
    TwoWayFixedEffects(),
    GroupMeans(),
    InstrumentalVariables(),
    RegressionDiscontinuity(),
    Matching(),
    InversePropensityWeighting(),
    DoublyRobust(),
    RegressionStandardisation(),
    EntropyBalancing(),
    CrossFitted(),
    GroupTimeEffects(),
    SyntheticControlEstimator(),
    SyntheticDifferenceInDifferences(),
    InterruptedTimeSeries(),
    StructuralTimeSeries(),
    LinearRegression(),
    OffPolicy(),
)


def causal_estimator(design: Any, estimators: Sequence[CausalEstimator] = CAUSAL_ESTIMATORS) -> CausalEstimator | None:
    """The first that fits the design's settings."""
    return next((one for one in estimators if design.type in one.designs and one.fits(design)), None)
