"""What is known of a metric before a study: its mean, and how much one unit's number varies as an estimator sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED, arm_shares, cluster_column, control_arm
from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.plan import MetricUse
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.kept import Kept, kept_of
from impact_pipeline.estimators.question import Estimator, Question, Stratum
from impact_pipeline.estimators.registry import estimator_for, why_none
from impact_pipeline.estimators.strata import Part, parts_by_segment, parts_by_value
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells, Group
from impact_pipeline.outcomes.phases import RandomisationPhase
from impact_pipeline.planning.block_baseline import BlockSpread, block_baseline
from impact_pipeline.planning.cluster_baseline import cluster_baseline
from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.intra_cluster import ClusterSpread
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.unit_variance import design_effect, implied_unit_variance, proportion_variance

HISTORY = "history"
ONE_BY_ONE = "randomized"
"""The design under which a unit's variance is read; what clusters add to it is told apart."""
TWO_ARMS = 2
"""Degrees of freedom that two means take from independent units."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Read from `units` of the past by the method that the study will use.

    `variance` is one unit's: n times the squared standard error of one arm's number, after covariates and strata,
    before any design effect. `variance_ratio` is what covariates left of it, None without any; `covariate_variance`
    what they took. `student` methods have degrees of freedom. `share` marks a proportion, whose variance follows its
    mean.
    """

    method: str
    units: int
    mean: float
    variance: float
    variance_ratio: float | None = None
    covariate_variance: float = 0.0
    student: bool = True
    share: bool = False
    clusters: ClusterSpread | None = None
    blocks: BlockSpread | None = None

    @property
    def r_squared(self) -> float | None:
        """The share of the variance that covariates explain."""
        return None if self.variance_ratio is None else 1 - self.variance_ratio

    def design_effect(self, units: float) -> float:
        """With so many units in as many clusters as history has; 1 where units are randomised one by one."""
        if self.clusters is None:
            return 1.0
        return design_effect(self.cluster_size(units), self.clusters.icc, self.clusters.cv_of_sizes)

    def cluster_size(self, units: float) -> float:
        """Units to an independent one: there are no more clusters than history has, nor regions of blocks."""
        if self.blocks is not None:
            return max(1.0, units / (self.blocks.degrees_at(units / self.units) + TWO_ARMS))
        return 1.0 if self.clusters is None else max(1.0, units / self.clusters.clusters)

    def comparison(self, units: float, shares: tuple[float, float], effect: float = 0.0) -> Comparison:
        """Of treatment and control with these shares of so many units, where the treatment's effect is `effect`."""
        whole = self.design_effect(units)
        control = self.variance * whole
        treatment = control * (self._share_variance(effect) if self.share else 1.0)
        return Comparison(
            treatment, control, *shares, covariate_variance=self.covariate_variance * whole,
            cluster_size=self.cluster_size(units),
        )  # fmt: skip

    def _share_variance(self, effect: float) -> float:
        """A proportion's variance under an effect over that without."""
        without = proportion_variance(self.mean)
        moved = min(1.0, max(0.0, self.mean + effect))
        return proportion_variance(moved) / without if without > 0 else 1.0


def baseline_of(study: Study, cells: Cells, use: MetricUse) -> Baseline | NoPlan:
    """Of a metric of the pretended study, from its cells, in which all units have the control.

    The study's estimator compares history with itself: `n se^2 / 2` is what one unit adds to the variance.
    """
    metric = study.metrics_by_name[use.name]
    reading, *_ = study.readings_of(metric)
    design = study.plan.design.type
    by_cluster = cluster_column(study.plan.design) is not None
    estimator = estimator_for(design, metric, reading, use.estimator)
    if estimator is None:
        return NoPlan(why_none(design, metric, reading, use.estimator))
    of_units = estimator_for(ONE_BY_ONE, metric, reading) if by_cluster else estimator
    key = study.reading_key(metric, reading)
    asked = _question(study, kept_of(cells, key, reading))
    if asked is None or of_units is None:
        return NoPlan("history has fewer than two units whose windows have closed")
    if cells.undefined(key):
        told = f"{cells.undefined(key)} rows of history have no finite value of it"
        return NoPlan(f"{told}; filter such rows or mend the measure")
    if design in BLOCKS_RANDOMISED:
        return _of_blocks(study, estimator, asked)
    found = _read(of_units, asked)
    if isinstance(found, NoPlan) or not by_cluster:
        return found
    spread = cluster_baseline(asked, adjusts=estimator.uses_covariates)
    if isinstance(spread, NoPlan):
        return spread
    return replace(found, method=estimator.name, variance=spread.variance, clusters=spread)


def _of_blocks(study: Study, estimator: Estimator, asked: Question) -> Baseline | NoPlan:
    design = study.plan.design
    treated_share = 1 - arm_shares(design)[control_arm(design)]
    rng = np.random.default_rng(int(digest(study.plan)[:16], 16))
    spread = block_baseline(asked, treated_share, rng)
    if isinstance(spread, NoPlan):
        return spread
    units = int(_first(asked.units[1]))
    return Baseline(estimator.name, units, spread.mean, spread.variance * units / spread.blocks, blocks=spread)


def _question(study: Study, kept: Kept) -> Question | None:
    """History against itself, in the strata of the plan if it names any."""
    control = control_arm(study.plan.design)
    phase = RandomisationPhase(HISTORY, {control: 1.0}, kept.cells.axes.cohorts)

    def parts_of(group: Group) -> tuple[Part, ...]:
        return parts_by_segment(kept, [phase], [group])

    by = study.plan.post_stratify
    parts = (parts_by_value(kept, by, parts_of) if by else ()) or parts_of(ALL_UNITS)
    arms = [part.arms[control] for part in parts]
    units = [int(np.asarray(arm.moments.n)[0]) for arm in arms]
    counted = sum(n for n in units if n > 1)
    strata = tuple(
        Stratum(part.name, arm, arm, np.array([n / counted if n > 1 else 0.0]))
        for part, arm, n in zip(parts, arms, units, strict=True)
        if counted
    )
    return Question(kept.reading, Contrast(HISTORY, HISTORY), strata, study.plan.decision.alpha) if strata else None


def _read(estimator: Estimator, asked: Question) -> Baseline | NoPlan:
    answer = estimator.answer(asked)
    for refusal in answer.refusals:
        if refusal.mask[0]:
            return NoPlan(refusal.detail(0))
    means, units = answer.means, _first(asked.units[1])
    variance = implied_unit_variance(_first(means.variance()) ** 0.5, units) / 2
    if variance == 0:
        return NoPlan("no unit of history differs from another")
    ratio = float("nan") if answer.variance_ratio is None else _first(answer.variance_ratio)
    return Baseline(
        method=estimator.name,
        units=int(units),
        mean=_first(means.control),
        variance=variance,
        variance_ratio=None if np.isnan(ratio) else ratio,
        covariate_variance=max(0.0, 2 * (units * _first(means.variance(0.0)) - variance)),
        student=asked.reading.form != "quantile",
        share=asked.reading.share,
    )


def _first(values: Real) -> float:
    return float(np.atleast_1d(values)[0])
