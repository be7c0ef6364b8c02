"""Everything that one look estimates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from impact_pipeline.estimators.base import Result, TrajectoryPoint
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading
from impact_pipeline.estimators.family import FamilyMember
from impact_pipeline.estimators.segment_comparison import SegmentComparison


@dataclass(frozen=True, slots=True)
class StudyEstimates:
    """Every result of one look. Results of segments follow those of all units.

    `family` are the success metrics and arms after the plan's correction. `beside` are readings that are shown with a
    metric and decide nothing: uncapped, steps of a funnel.
    `segment_comparisons` and `bayesian` decide nothing either.
    """

    study: str
    plan_digest: str
    as_of: date
    final: bool
    results: tuple[Result, ...]
    trajectory: tuple[TrajectoryPoint, ...]
    family: tuple[FamilyMember, ...] = ()
    beside: tuple[Result, ...] = ()
    segment_comparisons: tuple[SegmentComparison, ...] = ()
    bayesian: tuple[BayesianReading | NoBayesianReading, ...] = ()
