"""Group-time effects without covariates: differences of cohort means between two periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.staggered_adoption.cells import Cell
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.influence import LinearInfluence


def unconditional(cohorts: Cohorts, cells: Sequence[Cell]) -> tuple[Array, LinearInfluence]:
    """Effects by cell, and what units contribute to them and, after them, to the cohorts' shares of all units.

    `ATT(g, t) = mean of (Y_t - Y_base) in cohort g - mean of it in its controls`. A unit's features are its deviations
    from its cohort's mean in each period, and 1, both times its share of the cohort's weight. Callaway, Sant'Anna
    (2021), eq. 2.8 and 2.9 without covariates.

    >>> rows = np.array([[1.0, 4.0], [1.0, 2.0], [0.0, 0.0], [2.0, 4.0]])
    >>> two = Cohorts(("1", "2"), np.arange(4), np.array([1, 1, 2, 2]), rows, np.ones(4))
    >>> effects, influence = unconditional(two, [Cell(1, 1, 0, (2,))])
    >>> effects.tolist(), influence.covariance()[0, 0]
    ([1.0], np.float64(1.0))
    """
    effects = np.zeros(len(cells))
    size = len(cells) + len(cohorts.labels)
    into = np.zeros((len(cohorts.labels), cohorts.horizon + 1, size))
    for k, cell in enumerate(cells):
        if not cell.is_reference:
            effects[k] = _compare(cohorts, cell, into[:, :, k])
    share = cohorts.totals / cohorts.totals.sum()
    into[:, -1, len(cells) :] = share[:, None] * (np.eye(len(share)) - share)
    return effects, LinearInfluence(cohorts, features(cohorts), into)


def features(cohorts: Cohorts) -> Array:
    """Deviations from the cohort's means and 1, times the unit's share of its cohort's weight, (n, T + 1).

    Units' own levels are taken out first: they cancel in every effect, and would drown small changes in rounding.
    """
    found = np.empty((cohorts.n, cohorts.horizon + 1))
    levels = cohorts.outcome.mean(axis=1, keepdims=True)
    for rows, mean, total in zip(cohorts.rows, cohorts.means, cohorts.totals, strict=True):
        share = (cohorts.weights[rows] / total)[:, None]
        found[rows, :-1] = (cohorts.outcome[rows] - levels[rows] - (mean - mean.mean())) * share
        found[rows, -1:] = share
    return found


def _compare(cohorts: Cohorts, cell: Cell, into: Array) -> float:
    """The cell's effect; its contributions by cohort and feature go to `into`."""
    change = cohorts.means[:, cell.period] - cohorts.means[:, cell.base]
    own = cohorts.labels.index(cell.cohort)
    into[own, [cell.period, cell.base]] = 1.0, -1.0
    places = [cohorts.labels.index(label) for label in cell.controls]
    among = cohorts.totals[places] / cohorts.totals[places].sum()
    untreated = float(among @ change[places])
    for place, share in zip(places, among, strict=True):
        into[place, [cell.period, cell.base, -1]] = -share, share, -share * (change[place] - untreated)
    return float(change[own]) - untreated
