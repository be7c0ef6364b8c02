"""Were trends parallel before adoption? The joint test, and which trend it would have missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.aggregation import Average, by_share
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime

TestedBy = Literal["cohort and period", "event time"]

UNITS_PER_CELL = 10
"""Below this many units (clusters) for each tested number, its covariance is too rough for a joint test."""
SMALLEST_AXIS = 1e-10
"""Directions whose variance is below this share of the largest are fixed by construction and not tested."""
MANY_UNITS = 5000
"""Beyond as many units (clusters) the covariance counts as known."""
LIKELY = 0.8
"""The power at which a trend counts as one that the test would find."""


@dataclass(frozen=True, slots=True)
class PreTrends:
    """`statistic` is chi-square; `by` says what was tested.

    `careful_p_value` takes in that the covariance is estimated from as little as `units_worth` units: Hotelling's
    T-squared. `slope` is the linear trend per period, apart from the controls, that the test finds with a chance of
    `LIKELY`; `bias` what it would add to the average that was asked for.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    careful_p_value: float
    units_worth: float
    by: TestedBy
    slope: float
    bias: float


def pre_trends(found: GroupTime, average: Average, alpha: float = 0.05) -> PreTrends | Refusal:
    """The Wald test that all effects before adoption are 0: `a' V^-1 a`, chi-square with their number.

    Where fewer than `UNITS_PER_CELL` units stand behind each cell, cells are first averaged by event time. Callaway,
    Sant'Anna (2021), section 4; power against a linear trend as Roth (2022), American Economic Review: Insights 4.

    >>> from impact_pipeline.stats.staggered_adoption.aggregation import aggregation
    >>> from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
    >>> from impact_pipeline.stats.staggered_adoption.group_time import group_time_effects
    >>> rows = np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [0.0, 2.0, 0.0], [1.0, 1.0, 2.0]] * 5)
    >>> cohorts = Cohorts(("1", "2", "3"), np.arange(20), np.repeat([2, 3], 10), rows, np.ones(20))
    >>> effects = group_time_effects(cohorts)
    >>> round(pre_trends(effects, aggregation(effects, "simple").overall).p_value, 2)
    0.69
    """
    from scipy.special import chdtrc, chdtri

    gradients, by = _tested(found)
    if not len(gradients):
        return Refusal("no_pre_period", "no cohort has two periods before it adopts, so nothing tells its trend")
    whitened = _whitened(gradients @ found.covariance @ gradients.T)
    if not len(whitened):
        return Refusal("zero_variance", "outcomes before adoption do not vary around their cohorts' means")
    on_cells = whitened @ gradients[:, : len(found.cells)]
    trend = np.array([cell.period - cell.base for cell in found.cells], dtype=np.float64)
    statistic, degrees = float(np.sum((on_cells @ found.effects) ** 2)), len(whitened)
    needed = _noncentrality(degrees, float(chdtri(degrees, alpha)))
    slope = float(np.sqrt(needed / np.sum((on_cells @ trend) ** 2)))
    bias = slope * float(average.weights @ trend)
    within = _units_worth(found, whitened @ gradients)
    careful = _hotelling(statistic, degrees, within)
    return PreTrends(statistic, degrees, float(chdtrc(degrees, statistic)), careful, within, by, slope, bias)


def _tested(found: GroupTime) -> tuple[Array, TestedBy]:
    """What is tested to be 0, as rows of gradients in effects and shares."""
    size = len(found.cells) + len(found.shares)
    if len(found.before) * UNITS_PER_CELL <= found.cohorts.cluster_count:
        return np.eye(size)[list(found.before)], "cohort and period"
    events = sorted({found.cells[k].event for k in found.before})
    parts = [by_share(found, [k for k in found.before if found.cells[k].event == event], event) for event in events]
    return np.array([part.gradient for part in parts]).reshape(-1, size), "event time"


def _whitened(covariance: Array) -> Array:
    """Rows that turn errors with this covariance into independent ones of variance 1."""
    lengths, axes = np.linalg.eigh(covariance)
    tested = lengths > max(SMALLEST_AXIS * lengths[-1], np.finfo(np.float64).tiny)
    return np.asarray(axes[:, tested].T / np.sqrt(lengths[tested])[:, None])


def _units_worth(found: GroupTime, gradients: Array) -> float:
    """How many alike, normal units would tell the covariance as well, from the spread of units' squared errors.

    Whitened contributions of n such units have squares whose squares add up to `q (q + 2) / n`.
    """
    if found.cohorts.cluster_count > MANY_UNITS:
        return float("inf")
    squares = np.zeros(found.cohorts.cluster_count)
    for gradient in gradients:
        errors = found.influence.of(gradient)
        squares += np.bincount(found.cohorts.clusters, errors, found.cohorts.cluster_count) ** 2
    return len(gradients) * (len(gradients) + 2) / float(squares @ squares)


def _hotelling(statistic: float, degrees: int, units: float) -> float:
    """The p-value of a quadratic form in an estimated covariance."""
    from scipy.special import chdtrc, fdtrc

    if np.isinf(units):
        return float(chdtrc(degrees, statistic))
    left = max(units - degrees, 1.0)
    return float(fdtrc(degrees, left, statistic * left / (degrees * max(units - 1, 1.0))))


def _noncentrality(degrees: int, critical_value: float) -> float:
    """Of the chi-square that exceeds the critical value with a chance of `LIKELY`."""
    from scipy.special import chndtrinc

    return float(chndtrinc(critical_value, degrees, 1 - LIKELY))
