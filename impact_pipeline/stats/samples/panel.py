"""Outcomes of units over periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Panel:
    """One row for each (unit, period) that was seen, in order of unit, then period.

    `unit` and `period` are places in `units` and `periods`, which stand in order; gaps in time are periods that no row
    has, and are not counted. `treated` is the share of the period that the unit was treated, 0 .. 1. `covariates`,
    `weights`, `cluster` and `period_group` (regions whose periods have effects of their own) are by row.
    """

    units: tuple[str, ...]
    periods: tuple[str, ...]
    unit: Places
    period: Places
    outcome: Floats
    treated: Floats
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    weights: Floats | None = None
    cluster: Places | None = None
    period_group: Places | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def treated_from(self) -> Places:
        """By unit the place of its first period with any treatment; `len(periods)` if it has none."""
        first = np.full(len(self.units), len(self.periods), dtype=np.intp)
        on = self.treated > 0
        np.minimum.at(first, self.unit[on], self.period[on])
        return first

    @property
    def is_balanced(self) -> bool:
        """Whether every unit was seen in every period."""
        return len(self) == len(self.units) * len(self.periods)

    @property
    def switches_off(self) -> tuple[str, ...]:
        """Units whose treatment ends, or falls, after it began."""
        falls = (np.diff(self.treated) < 0) & (self.unit[1:] == self.unit[:-1])
        return tuple(self.units[place] for place in np.unique(self.unit[1:][falls]))

    def matrix(self, values: Floats) -> Floats:
        """Values of rows as (units, periods), NaN where a unit was not seen."""
        found = np.full((len(self.units), len(self.periods)), np.nan)
        found[self.unit, self.period] = values
        return found

    def keep(self, rows: NDArray[np.bool_]) -> Panel:
        """The panel of some rows; units and periods that are left without any drop out.

        >>> panel = panel_of(["a", "a", "b"], [1, 2, 1], [5.0, 6.0, 7.0], [0, 1, 0])
        >>> panel.keep(panel.unit == 0).units
        ('a',)
        """
        units, unit = np.unique(self.unit[rows], return_inverse=True)
        periods, period = np.unique(self.period[rows], return_inverse=True)
        return Panel(
            tuple(self.units[place] for place in units), tuple(self.periods[place] for place in periods),
            unit, period, self.outcome[rows], self.treated[rows],
            {name: values[rows] for name, values in self.covariates.items()},
            None if self.weights is None else self.weights[rows], None if self.cluster is None else self.cluster[rows],
            None if self.period_group is None else self.period_group[rows],
        )  # fmt: skip


def panel_of(
    unit: ArrayLike,
    period: ArrayLike,
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    covariates: Mapping[str, Floats] | None = None,
    weights: Floats | None = None,
    cluster: ArrayLike | None = None,
    period_group: ArrayLike | None = None,
) -> Panel:
    """Rows in any order; raises `ValueError` where a unit has two rows in one period, naming the first such pair.

    Labels are ordered as their values are (numbers by size, text by letters), and become text after that.

    >>> panel = panel_of(["b", "a", "a"], [10, 9, 10], [1.0, 2.0, 3.0], [1, 0, 0])
    >>> panel.units, panel.periods, panel.outcome.tolist(), panel.treated_from.tolist()
    (('a', 'b'), ('9', '10'), [2.0, 3.0, 1.0], [2, 1])
    """
    units, unit_of = np.unique(np.asarray(unit), return_inverse=True)
    periods, period_of = np.unique(np.asarray(period), return_inverse=True)
    order = np.lexsort((period_of, unit_of))
    key = (unit_of * len(periods) + period_of)[order]
    twice = np.flatnonzero(key[1:] == key[:-1])
    if len(twice):
        row = order[twice[0]]
        raise ValueError(f"unit '{units[unit_of[row]]}' has two rows in period '{periods[period_of[row]]}'")
    return Panel(
        tuple(map(str, units)), tuple(map(str, periods)), unit_of[order], period_of[order],
        np.asarray(outcome, dtype=np.float64)[order], np.asarray(treated, dtype=np.float64)[order],
        {name: np.asarray(values, dtype=np.float64)[order] for name, values in (covariates or {}).items()},
        None if weights is None else np.asarray(weights, dtype=np.float64)[order],
        _groups(cluster, order), _groups(period_group, order),
    )  # fmt: skip


def _groups(labels: ArrayLike | None, order: Places) -> Places | None:
    return None if labels is None else np.unique(np.asarray(labels), return_inverse=True)[1][order]
