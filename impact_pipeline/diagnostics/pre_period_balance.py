"""Pre-period balance: did the arms already differ before anyone was exposed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise, unit_weights
from impact_pipeline.stats.two_means import added

ALPHA = 0.001
"""For the study as a whole; each comparison gets its share."""

FEWEST_UNITS = 2


class PrePeriodBalance:
    """Welch's test of each pre-exposure covariate between each treatment and control, within phases; Bonferroni.

    Randomised arms cannot differ before exposure but by chance. A difference beyond it says that units were sorted, or
    that the covariate was measured after exposure: no ship and no rollback until it is explained.
    """

    name: ClassVar[str] = "pre_period_balance"
    designs: ClassVar[frozenset[str]] = frozenset({"randomized", "staged_rollout"})

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = tuple(_comparisons(study, evidence.cells))
        if not found:
            known = "can be compared yet" if study.covariates else "is declared by a metric of this study"
            return Finding(self.name, None, None, None, f"No pre-exposure covariate {known}.", "hold", {})
        worst = min(found, key=lambda comparison: comparison.p_value)
        threshold = ALPHA / len(found)
        passed = worst.p_value >= threshold
        judged = "did not differ" if passed else "already differed"
        details = {f"p_value {c.covariate} {c.arm}": c.p_value for c in found}
        sentence = f"Before exposure the arms {judged}: {worst.in_words(study.plan.design.control)}."
        return Finding(self.name, passed, worst.p_value, threshold, sentence, "hold", details)


@dataclass(frozen=True, slots=True)
class _Comparison:
    covariate: str
    arm: str
    means: tuple[float, float]
    p_value: float

    def in_words(self, control: str) -> str:
        own, other = self.means
        return (
            f"{self.covariate} averaged {own:.4g} in {self.arm} and {other:.4g} in {control} (p = {self.p_value:.2g})"
        )


def _comparisons(study: Study, cells: Cells) -> Iterator[_Comparison]:
    for covariate in study.covariates:
        metric = _soonest(study, covariate.name)
        for arm in study.arms[1:]:
            pairs = _pairs(study, cells, metric, arm, metric.covariates.index(covariate.name))
            means = post_stratified(pairs)
            if means.variance():
                found = difference(means, ALPHA, _units(pairs))
                averages = float(means.treatment), float(means.control)
                yield _Comparison(covariate.name, arm, averages, float(found.p_value))


def _soonest(study: Study, covariate: str) -> Metric:
    """The metric with this covariate whose window closes first: its cells hold the most units."""
    metrics = [metric for metric in study.metrics if covariate in metric.covariates]
    return min(metrics, key=lambda metric: metric.last_day)


def _pairs(study: Study, cells: Cells, metric: Metric, arm: str, index: int) -> list[StratumPair]:
    found = []
    for phase in randomisation_phases(study.plan.design, cells.cohort_days()):
        units = [cells.moments(metric.name, a, cohorts=phase.cohorts) for a in (arm, study.plan.design.control)]
        if min(moments.n for moments in units) >= FEWEST_UNITS:
            found.append(units)
    weights = unit_weights([sum(moments.n for moments in units) for units in found])
    return [
        StratumPair(w, summarise(t, "x", index=index), summarise(c, "x", index=index))
        for w, (t, c) in zip(weights, found, strict=True)
    ]


def _units(pairs: list[StratumPair]) -> Real:
    return added(sample.n for pair in pairs for sample in (pair.treatment, pair.control))
