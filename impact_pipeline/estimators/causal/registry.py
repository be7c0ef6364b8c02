"""Every estimator of a causal design, and which one a design asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impact_pipeline.estimators.causal.base import CausalEstimator
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables

CAUSAL_ESTIMATORS: tuple[CausalEstimator, ...] = (InstrumentalVariables(),)


def causal_estimator(design: Any, estimators: Sequence[CausalEstimator] = CAUSAL_ESTIMATORS) -> CausalEstimator | None:
    """The first that fits the design's settings."""
    return next((one for one in estimators if design.type in one.designs and one.fits(design)), None)
