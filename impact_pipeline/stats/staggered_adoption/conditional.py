"""Group-time effects given covariates: each cohort against its controls as they were in the base period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Places
from impact_pipeline.stats.staggered_adoption.cells import Cell
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.doubly_robust import Contrast, Estimation, effect_on_treated
from impact_pipeline.stats.staggered_adoption.influence import UnitInfluence


def conditional(
    cohorts: Cohorts, cells: Sequence[Cell], estimation: Estimation
) -> tuple[Array, UnitInfluence, int] | Refusal:
    """Effects by cell, contributions to them and to the cohorts' shares, and how many controls were set aside at most.

    Covariates are those of the earlier of a cell's two periods. Cells with the same cohort, controls and covariates
    are estimated at once.

    >>> rows = np.array([[1.0, 4.0], [1.0, 2.0], [0.0, 0.0], [2.0, 4.0], [1.0, 2.5]])
    >>> size = {"size": np.array([[3.0, 3], [1, 1], [1, 1], [3, 3], [2, 2]])}
    >>> two = Cohorts(("1", "2"), np.arange(5), np.array([1, 1, 2, 2, 2]), rows, np.ones(5), covariates=size)
    >>> conditional(two, [Cell(1, 1, 0, (2,))], "regression")[0].round(6).tolist()
    [0.833333]
    """
    effects, trimmed = np.zeros(len(cells)), 0
    contributions = np.zeros((len(cells) + len(cohorts.labels), cohorts.n))
    for places in _alike(cohorts, cells):
        units = _units(cohorts, cells[places[0]])
        found = effect_on_treated(_contrast(cohorts, units, [cells[k] for k in places]), estimation)
        if isinstance(found, Refusal):
            return _located(cohorts, cells[places[0]], found)
        effects[places], trimmed = found.effects, max(trimmed, found.trimmed)
        contributions[np.ix_(np.array(places), units)] = found.contributions
    total = cohorts.totals.sum()
    for k, rows in enumerate(cohorts.rows):
        contributions[len(cells) + k] = -cohorts.weights * (cohorts.totals[k] / total**2)
        contributions[len(cells) + k, rows] += cohorts.weights[rows] / total
    return effects, UnitInfluence(cohorts, contributions), trimmed


def _alike(cohorts: Cohorts, cells: Sequence[Cell]) -> list[list[int]]:
    """Places of cells that share cohort, controls and covariates."""
    varies = any((values != values[:, :1]).any() for values in cohorts.covariates.values())
    found: dict[tuple[object, ...], list[int]] = {}
    for place, cell in enumerate(cells):
        if not cell.is_reference:
            known_in = min(cell.period, cell.base) if varies else 0
            found.setdefault((cell.cohort, cell.controls, known_in), []).append(place)
    return list(found.values())


def _units(cohorts: Cohorts, cell: Cell) -> Places:
    wanted = {cell.cohort, *cell.controls}
    parts = zip(cohorts.labels, cohorts.rows, strict=True)
    return np.concatenate([np.arange(rows.start, rows.stop) for label, rows in parts if label in wanted])


def _contrast(cohorts: Cohorts, units: Places, cells: Sequence[Cell]) -> Contrast:
    """Covariates are standardised: their size must not decide what is collinear."""
    known_in = min(cells[0].period, cells[0].base)
    columns = np.ones((len(cohorts.covariates) + 1, len(units)))
    for column, values in zip(columns[1:], cohorts.covariates.values(), strict=True):
        chosen = values[units, known_in]
        column[:] = (chosen - chosen.mean()) / (chosen.std() or 1.0)
    change = np.stack([cohorts.outcome[units, cell.period] - cohorts.outcome[units, cell.base] for cell in cells])
    treated = (cohorts.first[units] == cells[0].cohort).astype(np.float64)
    return Contrast(treated, cohorts.weights[units], columns, change)


def _located(cohorts: Cohorts, cell: Cell, refusal: Refusal) -> Refusal:
    cohort = cohorts.periods[cell.cohort]
    if refusal.reason == "collinear":
        names = ("the constant", *cohorts.covariates)
        detail = (
            f"'{names[int(refusal.detail)]}' does not vary, or is a combination of the covariates before it, among the"
            f" comparison units of the cohort that adopts in '{cohort}': leave it out"
        )
        return Refusal("collinear", detail)
    detail = (
        f"covariates tell the cohort that adopts in '{cohort}' apart from its comparison units without error, so nobody"
        " is comparable: leave out covariates, or the cohort, or take estimation: regression"
    )
    return Refusal("no_overlap", detail)
