"""The effect were treatment dealt to other units: how far it stands out among those."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.average_effect import AverageEffect
from impact_pipeline.stats.difference_in_differences.fixed_effects import fixed_effects
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_NUMBERS = 100_000_000
"""Rows times draws beyond which fewer are drawn."""
FEWEST_DRAWS = 39
TIE = 1 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboUnits:
    """Effects of dealt treatments; `p_value` is the share, the real one among them, that is at least as far from 0.

    `smallest` is the least p-value that so few units allow.
    """

    effects: Floats
    p_value: float
    smallest: float


def placebo_units(average: AverageEffect, draws: int, rng: np.random.Generator) -> PlaceboUnits | Refusal:
    """Deals the treatments of clusters (of units, where those of a cluster differ) anew among them, others as they are.

    Exact where clusters are exchangeable, however few are treated; with one treated cluster each takes its turn.
    Conley, Taber (2011), Review of Economics and Statistics 93; MacKinnon, Webb (2020), Journal of Econometrics 218.

    >>> from impact_pipeline.stats.difference_in_differences.average_effect import average_effect
    >>> from impact_pipeline.stats.difference_in_differences.eligible import eligible
    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> y = [0.0, 9, 2, 3, 5, 5, 7, 8]
    >>> rows = eligible(panel_of([1, 1, 2, 2, 3, 3, 4, 4], [1, 2] * 4, y, [0, 1] + [0] * 6))
    >>> found = placebo_units(average_effect(rows, "CR1", 0.05, np.random.default_rng(0)), 99, np.random.default_rng(0))
    >>> found.p_value, found.smallest
    (0.25, 0.25)
    """
    panel = average.rows.panel
    group, paths = _paths(panel, average.fit.clusters.of_row)
    dealt = int(np.count_nonzero(paths.any(axis=1)))
    ways = comb(len(paths), dealt) if len(paths) <= 1000 or dealt == 1 else draws + 1
    if ways < 2:
        return Refusal("too_few_units", "all units are treated at some time: there is none to deal treatment to")
    count = max(FEWEST_DRAWS, min(draws, MOST_NUMBERS // len(panel)))
    deals = _turns(paths, dealt) if dealt == 1 and len(paths) <= count + 1 else _shuffles(len(paths), count, rng)
    effect = _DealtEffects(panel, group, average)
    found = np.array([effect(paths[order]) for order in deals])
    extreme = int(np.count_nonzero(np.abs(found) >= TIE * abs(average.inferred.value)))
    return PlaceboUnits(found, (1 + extreme) / (1 + len(found)), max(1 / ways, 1 / (1 + len(found))))


def _paths(panel: Panel, cluster: Places) -> tuple[Places, Floats]:
    """By row the group that treatment is dealt to, and each group's treatment by period, unseen periods filled."""
    for group in (cluster, panel.unit):
        groups = int(group.max()) + 1
        key = group * len(panel.periods) + panel.period
        high, low = np.full(groups * len(panel.periods), -1.0), np.full(groups * len(panel.periods), 2.0)
        np.maximum.at(high, key, panel.treated)
        np.minimum.at(low, key, panel.treated)
        if (high[key] == low[key]).all():
            break
    table = np.maximum.accumulate(high.reshape(groups, -1), axis=1)
    return group, np.maximum(table, 0.0)


def _turns(paths: Floats, dealt: int) -> list[Places]:
    """The one treated group changes places with each other."""
    treated = int(np.flatnonzero(paths.any(axis=1))[0])
    orders = []
    for other in range(len(paths)):
        if other != treated:
            order = np.arange(len(paths))
            order[[treated, other]] = order[[other, treated]]
            orders.append(order)
    return orders


def _shuffles(groups: int, count: int, rng: np.random.Generator) -> list[Places]:
    return [rng.permutation(groups).astype(np.intp) for _ in range(count)]


class _DealtEffects:
    """The regression's coefficient for treatments by group and period."""

    def __init__(self, panel: Panel, group: Places, average: AverageEffect) -> None:
        self.panel, self.group = panel, group
        self.effects = fixed_effects(panel)
        self.covariates = average.fit.within.columns[1:]
        self.residual = self._outcome(average)
        self.steady: float | None = None
        if self.effects.grid is not None and not len(self.covariates) and len(np.unique(group)) == len(panel.units):
            treated = average.fit.within.columns[0]
            self.steady = float(treated @ treated)

    def __call__(self, paths: Floats) -> float:
        dealt = paths[self.group, self.panel.period]
        along = float(dealt @ self.residual)
        return along / (self.steady or self._square(dealt))

    def _outcome(self, average: AverageEffect) -> Floats:
        """The weighted outcome without effects and covariates."""
        within = average.fit.within
        left = within.residuals + within.coefficients[0] * self._adjusted(within.columns[0])
        return within.weighted(left)

    def _adjusted(self, column: Floats) -> Floats:
        if not len(self.covariates):
            return column
        weights = 1.0 if self.effects.weights is None else self.effects.weights
        gram = (self.covariates * weights) @ self.covariates.T
        return np.asarray(column - np.linalg.solve(gram, (self.covariates * weights) @ column) @ self.covariates)

    def _square(self, dealt: Floats) -> float:
        left = self._adjusted(self.effects.within(dealt[None, :])[0])
        weights = 1.0 if self.effects.weights is None else self.effects.weights
        return float(np.sum(weights * left**2))
