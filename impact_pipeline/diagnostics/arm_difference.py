"""One reading of a treatment against control, unadjusted, within phases of constant shares: what checks compare."""

from __future__ import annotations

from dataclasses import dataclass

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import control_arm
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Form, Reading
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline.stats.delta_method import Weighted, denominator_variation, linearised
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import SampleSummary, StratumPair, post_stratified, summarise, unit_weights
from impact_pipeline.stats.two_means import TwoMeans

FEWEST_UNITS = 2
"""A variance needs two units."""

LARGEST_DENOMINATOR_VARIATION = 0.1
"""Coefficient of variation of a mean denominator up to which the delta method is trusted: Cochran (1977), chapter 6."""

Pair = tuple[Moments, Moments]
"""Treatment and control."""


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """Means of an arm and of control, the standard error of their difference, and Welch's two-sided p-value."""

    arm: str
    mean: float
    control_mean: float
    std_error: float
    p_value: float

    @property
    def change(self) -> float:
        return self.mean - self.control_mean


def arm_difference(study: Study, cells: Cells, metric: Metric, reading: Reading, arm: str) -> ArmDifference | None:
    """The reading over all units with closed windows.

    None for a quantile, where no phase has both arms, and for a ratio over a denominator too near to 0.
    """
    pairs = phase_pairs(study, cells, study.reading_key(metric, reading), arm)
    if reading.form == "quantile" or not pairs or (reading.form == "ratio" and not _divisible(pairs)):
        return None
    means = two_means(pairs, reading.form)
    units = float(sum(moments.n for pair in pairs for moments in pair))
    found = difference(means, 0.05, units)
    p_value = float(found.p_value) if found.std_error else float(means.change == 0)
    return ArmDifference(arm, float(means.treatment), float(means.control), float(found.std_error), p_value)


def phase_pairs(study: Study, cells: Cells, key: str, arm: str) -> list[Pair]:
    """Moments of each phase in which both arms are planned and have enough units."""
    design = study.plan.design
    found = []
    for phase in randomisation_phases(design, cells.cohort_days()):
        treatment, control = (cells.moments(key, one, cohorts=phase.cohorts) for one in (arm, control_arm(design)))
        planned = min(phase.shares[one] for one in (arm, control_arm(design))) > 0
        if planned and min(treatment.n, control.n) >= FEWEST_UNITS:
            found.append((treatment, control))
    return found


def two_means(pairs: list[Pair], form: Form, outcome: str = "y", index: int = 0) -> TwoMeans:
    """Means of an arm and of control, of 'y', 'd' or the covariate 'x' of that index; phases weighted by units."""
    treatment, control = _sides(pairs)
    weights = (weight for weight, _ in treatment)
    summaries = (_summaries(parts, form, outcome, index) for parts in (treatment, control))
    return post_stratified([StratumPair(w, t, c) for w, t, c in zip(weights, *summaries, strict=True)])


def _sides(pairs: list[Pair]) -> tuple[Weighted, Weighted]:
    weights = unit_weights([treatment.n + control.n for treatment, control in pairs])
    treatment = [(weight, pair[0]) for weight, pair in zip(weights, pairs, strict=True)]
    return treatment, [(weight, pair[1]) for weight, pair in zip(weights, pairs, strict=True)]


def _summaries(parts: Weighted, form: Form, outcome: str, index: int) -> tuple[SampleSummary, ...]:
    if form == "ratio":
        return linearised(parts)
    return tuple(summarise(moments, outcome, index=index) for _, moments in parts)


def _divisible(pairs: list[Pair]) -> bool:
    return all(denominator_variation(parts) <= LARGEST_DENOMINATOR_VARIATION for parts in _sides(pairs))
