"""Everything that one look estimates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from impact_pipeline.catalog.plan import Basis
from impact_pipeline.estimators.base import Result, TrajectoryPoint
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading
from impact_pipeline.estimators.causal.detail import CausalDetail
from impact_pipeline.estimators.family import FamilyMember
from impact_pipeline.estimators.segment_comparison import SegmentComparison


@dataclass(frozen=True, slots=True)
class StudyEstimates:
    """Every result of one look. Results of segments follow those of all units.

    `family` are the success metrics and arms after the plan's correction. `beside` are readings that are shown with a
    metric and decide nothing: uncapped, steps of a funnel.
    `segment_comparisons` and `bayesian` decide nothing either. Where units are assigned apart from being exposed,
    `results` are about the units of `basis`, and `other_basis` holds those over all units of the other. `causal` is
    there where nobody was randomised.
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
    basis: Basis = "exposed"
    other_basis: tuple[Result, ...] = ()
    causal: CausalDetail | None = None
