"""Spillover: does control change as more units around it are treated?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import control_arm
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.readings import Form
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.phases import randomisation_phases
from impact_pipeline.stats.delta_method import ratio_variance
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.multiplicity import holm

ALPHA = 0.01
"""For all success metrics of a look, by Holm's procedure."""

FEWEST_UNITS = 30
"""Control units of a phase from which their mean is about normal."""

Floats = NDArray[np.float64]


class Spillover:
    """Weighted linear trend of control's mean over the treated share of a ramp's phases, for each success metric; Holm.

    `slope = sum of w_k (s_k - sbar) m_k / sum of w_k (s_k - sbar)^2` over phases with treated shares s_k, control means
    m_k and weights 1 / var(m_k), adjusted for pre-exposure covariates. Units that influence each other (shared stock,
    prices, drivers) move control as the ramp goes up, and then no difference between arms is the effect of shipping to
    all. Share and time go up together, so a season looks the same: it informs and decides nothing.
    """

    name: ClassVar[str] = "spillover"
    designs: ClassVar[frozenset[str]] = frozenset({"staged_rollout"})

    def check(self, study: Study, evidence: Evidence) -> Finding:
        found = tuple(_trends(study, evidence.cells))
        if not found:
            told = "Control cannot be compared over phases with different shares yet."
            return Finding(self.name, None, None, ALPHA, told, "none", {})
        tested = sorted(zip(found, holm([trend.p_value for trend in found]), strict=True), key=lambda one: one[1])
        shown = [(trend, p) for trend, p in tested if p < ALPHA]
        told = "; ".join(f"{trend.in_words} (p = {p:.2g})" for trend, p in shown or tested[:1])
        judged = "Control moves with the treated share" if shown else "Control does not move with the treated share"
        caution = " Units may influence each other, or a season passed: share and time went up together."
        details = {key: value for trend in found for key, value in trend.details.items()}
        sentence = f"{judged}: {told}.{caution if shown else ''}"
        return Finding(self.name, not shown, tested[0][1], ALPHA, sentence, "none", details)


@dataclass(frozen=True, slots=True)
class _Trend:
    """What a share of 1 more adds to control's mean, along the line through all phases."""

    metric: Metric
    shares: tuple[float, float]
    mean: float
    slope: float
    p_value: float

    @property
    def in_words(self) -> str:
        low, high = self.shares
        change = self.slope * (high - low)
        moved = f"{self.metric.label} {'rises' if change > 0 else 'falls'}"
        by = f"{abs(change):.2g} {self.metric.unit} ({100 * abs(change / self.mean):.2g} %)" if self.mean else "0"
        return f"{moved} by {by} as the treated share goes from {100 * low:g} % to {100 * high:g} %"

    @property
    def details(self) -> dict[str, float | int | str]:
        return {f"slope {self.metric.name}": self.slope, f"p_value {self.metric.name}": self.p_value}


def _trends(study: Study, cells: Cells) -> Iterator[_Trend]:
    for use in study.uses:
        metric = study.metrics_by_name.get(use.name)
        if use.role != "success" or metric is None:
            continue
        own, *_ = study.readings_of(metric)
        shares, samples = _control_by_phase(study, cells, study.reading_key(metric, own))
        if own.form != "quantile" and len(set(shares)) > 1:
            trend = _trend(metric, shares, *_means(samples, own.form))
            if trend is not None:
                yield trend


def _control_by_phase(study: Study, cells: Cells, key: str) -> tuple[list[float], list[Moments]]:
    """Treated shares, and moments of control, of phases with enough of its units."""
    design = study.plan.design
    phases = randomisation_phases(design, cells.cohort_days())
    found = [
        (1 - p.shares[control_arm(design)], cells.moments(key, control_arm(design), cohorts=p.cohorts)) for p in phases
    ]
    kept = [(share, moments) for share, moments in found if share < 1 and moments.n >= FEWEST_UNITS]
    return [share for share, _ in kept], [moments for _, moments in kept]


def _means(samples: Sequence[Moments], form: Form) -> tuple[Floats, Floats]:
    """Control's mean in each phase with its variance."""
    if form == "ratio":
        ratios = [float(moments.mean("y")) / float(moments.mean("d")) if moments.d else np.nan for moments in samples]
        return np.array(ratios), np.array([float(ratio_variance(m)) if m.d else np.nan for m in samples])
    slopes = _covariate_slopes(samples)
    means = [float(moments.mean("y")) - slopes @ _covariate_means(moments) for moments in samples]
    centre = sum(moments.n * _covariate_means(moments) for moments in samples) / sum(moments.n for moments in samples)
    return np.array(means) + slopes @ centre, np.array([_variance(moments, slopes) for moments in samples])


def _covariate_slopes(samples: Sequence[Moments]) -> Floats:
    """Of the outcome on the covariates, within phases."""
    within = sum(moments.n * _covariances(moments)[0] for moments in samples)
    across = sum(moments.n * _covariances(moments)[1] for moments in samples)
    found: Floats = np.linalg.pinv(np.asarray(within), hermitian=True) @ np.asarray(across)
    return found


def _covariances(moments: Moments) -> tuple[Floats, Floats]:
    places = range(moments.covariates)
    among = [[float(moments.covariance("x", "x", (i, j))) for j in places] for i in places]
    return np.reshape(among, (len(places), len(places))), np.array(
        [float(moments.covariance("y", "x", (0, i))) for i in places]
    )


def _covariate_means(moments: Moments) -> Floats:
    return np.array([float(moments.mean("x", i)) for i in range(moments.covariates)])


def _variance(moments: Moments, slopes: Floats) -> float:
    among, across = _covariances(moments)
    spread = float(moments.covariance("y", "y")) - 2 * slopes @ across + slopes @ among @ slopes
    return float(spread) / float(moments.n)


def _trend(metric: Metric, shares: Sequence[float], means: Floats, variances: Floats) -> _Trend | None:
    from scipy.special import ndtr

    if not (np.isfinite(means).all() and (variances > 0).all()):
        return None
    weights, treated = 1 / variances, np.array(shares)
    away = treated - np.average(treated, weights=weights)
    information = float(weights @ away**2)
    slope = float(weights @ (away * means)) / information
    p_value = float(2 * ndtr(-abs(slope) * np.sqrt(information)))
    return _Trend(metric, (min(shares), max(shares)), float(np.average(means, weights=weights)), slope, p_value)
