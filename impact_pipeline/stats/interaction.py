"""Two concurrent studies as a factorial: were units assigned independently, and does one study change the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from impact_pipeline.stats.chi_square import ChiSquare
from impact_pipeline.stats.heterogeneity import Effect, TTest, effect_difference, t_test


@dataclass(frozen=True, slots=True)
class CellMean:
    """Mean and sample variance of the outcome over the n units in one arm of A and one of B."""

    n: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Interaction:
    """The effect of study A among B's control and among B's treatment units, and the second less the first."""

    within_control: TTest
    within_treatment: TTest
    difference: TTest


@dataclass(frozen=True, slots=True)
class NoInteraction:
    """Why two studies cannot be read together."""

    detail: str


def interaction(cells: Sequence[Sequence[CellMean]], level: float) -> Interaction | NoInteraction:
    """Reads a 2x2 of cell means, `cells[arm of A][arm of B]`, control first: `(m_11 - m_01) - (m_10 - m_00)`.

    Variances `s^2 / n` add up over the four cells, t with Satterthwaite's degrees of freedom; in a regression on both
    treatments and their product this is the product's coefficient with its HC2 error. Assumes units assigned
    independently by A and B (see `association`). With effects of A measured otherwise, see `effect_difference`.

    >>> control = [CellMean(50, 10.0, 4.0), CellMean(50, 10.0, 4.0)]
    >>> treatment = [CellMean(50, 11.0, 4.0), CellMean(50, 13.0, 4.0)]
    >>> found = interaction([control, treatment], 0.95)
    >>> found.within_control.value, found.within_treatment.value, found.difference.value
    (1.0, 3.0, 2.0)
    >>> round(found.difference.std_error, 4), round(found.difference.p_value, 5)
    (0.5657, 0.00051)
    """
    smallest = min(cell.n for arm in cells for cell in arm)
    if smallest < 2:
        return NoInteraction(f"each of the four cells needs 2 units at least, one has {smallest}")
    if any(cells[0][arm].variance + cells[1][arm].variance == 0 for arm in (0, 1)):
        return NoInteraction("the outcome does not vary among the units of one of B's arms")
    control, treatment = (effect_difference(_estimate(cells[1][arm]), _estimate(cells[0][arm])) for arm in (0, 1))
    parts = control, treatment, effect_difference(treatment, control)
    return Interaction(*(t_test(part, level) for part in parts))


def association(counts: Sequence[Sequence[int]]) -> ChiSquare | NoInteraction:
    """Pearson's test that units were assigned independently: `counts[arm of A][arm of B]`, units in both studies.

    `sum of (observed - expected)^2 / expected` with `expected = row * column / all`, `(a - 1)(b - 1)` degrees of
    freedom. Arms without a unit take no part; expected counts should be 5 or more. Pearson (1900), Philosophical
    Magazine 50.

    >>> found = association([[240, 260], [260, 240]])
    >>> found.statistic, round(found.p_value, 4)
    (Fraction(8, 5), 0.2059)
    """
    present = [[int(count) for count in row] for row in counts if any(row)]
    columns = [column for column in zip(*present, strict=True) if any(column)]
    rows = list(zip(*columns, strict=True))
    if min(len(rows), len(columns)) < 2:
        return NoInteraction("each study needs units in two of its arms, among the units that are in both studies")
    everyone = sum(map(sum, rows))
    terms = (
        Fraction(count**2 * everyone, sum(row) * sum(column))
        for row in rows
        for count, column in zip(row, columns, strict=True)
    )
    return ChiSquare(sum(terms, Fraction(-everyone)), (len(rows) - 1) * (len(columns) - 1))


def _estimate(cell: CellMean) -> Effect:
    return Effect(cell.mean, sqrt(cell.variance / cell.n), cell.n - 1)
