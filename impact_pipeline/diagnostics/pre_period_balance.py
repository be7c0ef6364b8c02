"""Pre-period balance: did the arms already differ before anyone was exposed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import UNITS_RANDOMISED, control_arm
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.arm_difference import Pair, phase_pairs, two_means
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.intervals import difference

ALPHA = 0.001
"""For the study as a whole at one look; each comparison gets its share."""


class PrePeriodBalance:
    """Welch's test of each pre-exposure covariate between each treatment and control, within phases; Bonferroni.

    Randomised arms cannot differ before exposure but by chance. A difference beyond it says that units were sorted, or
    that the covariate was measured after exposure: no ship and no rollback until it is explained.
    """

    name: ClassVar[str] = "pre_period_balance"
    designs: ClassVar[frozenset[str]] = UNITS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = tuple(_comparisons(study, evidence.cells))
        if not found:
            known = "can be compared yet" if study.covariates else "is declared by a metric of this study"
            return Finding(self.name, None, None, None, f"No pre-exposure covariate {known}.", "hold", {})
        worst = min(found, key=lambda comparison: comparison.p_value)
        threshold = ALPHA / len(found)
        passed = worst.p_value >= threshold
        judged = "did not differ" if passed else "already differed"
        details = {key: value for comparison in found for key, value in comparison.details.items()}
        sentence = f"Before exposure the arms {judged}: {worst.in_words(control_arm(study.plan.design))}."
        return Finding(self.name, passed, worst.p_value, threshold, sentence, "hold", details)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Means of an arm and of control, and their difference in standard deviations of units."""

    covariate: str
    arm: str
    means: tuple[float, float]
    standardised: float
    p_value: float

    def in_words(self, control: str) -> str:
        own, other = self.means
        averaged = f"{self.covariate} averaged {own:.4g} in {self.arm} and {other:.4g} in {control}"
        return f"{averaged}, {self.standardised:+.2g} standard deviations apart (p = {self.p_value:.2g})"

    @property
    def details(self) -> dict[str, float | int | str]:
        name = f"{self.covariate} {self.arm}"
        return {f"p_value {name}": self.p_value, f"standard_deviations {name}": self.standardised}


def _comparisons(study: Study, cells: Cells) -> Iterator[_Comparison]:
    for covariate in study.covariates:
        metric = _soonest(study, covariate.name)
        index = metric.covariates.index(covariate.name)
        for arm in study.arms[1:]:
            pairs = phase_pairs(study, cells, metric.name, arm)
            means = two_means(pairs, "mean", "x", index)
            if means.variance():
                found = difference(means, ALPHA, float(sum(moments.n for pair in pairs for moments in pair)))
                averages = float(means.treatment), float(means.control)
                apart = float(means.change) / _standard_deviation(pairs, index)
                yield _Comparison(covariate.name, arm, averages, apart, float(found.p_value))


def _soonest(study: Study, covariate: str) -> Metric:
    """The metric with this covariate whose window closes first: its cells hold the most units."""
    metrics = [metric for metric in study.metrics if covariate in metric.covariates]
    return min(metrics, key=lambda metric: metric.last_day)


def _standard_deviation(pairs: list[Pair], index: int) -> float:
    """Of units within arms and phases: the root of the pooled variance."""
    samples = [moments for pair in pairs for moments in pair]
    within = [float(moments.covariance("x", "x", (index, index))) * (moments.n - 1) for moments in samples]
    return float(sqrt(sum(within) / sum(moments.n - 1 for moments in samples)))
