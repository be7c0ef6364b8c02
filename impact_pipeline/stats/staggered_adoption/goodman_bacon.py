"""What the two-way regression compares with what: every pair of cohorts is a two-by-two, with a weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts

Kind = Literal["treated_vs_never", "earlier_vs_later", "later_vs_earlier", "treated_vs_always"]

FORBIDDEN = frozenset({"later_vs_earlier", "treated_vs_always"})
"""Comparisons with units that are treated already: their effects' growth is taken from the answer."""


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """`cohort` is compared with `control`, both labels; weights of all pairs add up to 1."""

    cohort: int
    control: int
    kind: Kind
    estimate: float
    weight: float

    @property
    def is_forbidden(self) -> bool:
        return self.kind in FORBIDDEN


def decomposition(cohorts: Cohorts) -> tuple[TwoByTwo, ...]:
    """Pairs whose estimates, times their weights, add up to the coefficient of `two_way`, exactly.

    Goodman-Bacon (2021), Journal of Econometrics 225, theorem 1; units treated from the first period on are a control
    of their own kind.

    >>> rows = np.array([[0.0, 1.0, 4.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    >>> found = decomposition(Cohorts(("1", "2", "3"), np.arange(4), np.array([1, 1, 2, 3]), rows, np.ones(4)))
    >>> [(pair.kind, pair.estimate, round(pair.weight, 3)) for pair in found[:3]]
    [('earlier_vs_later', 0.5, 0.2), ('later_vs_earlier', -0.5, 0.2), ('treated_vs_never', 1.25, 0.4)]
    >>> round(sum(pair.estimate * pair.weight for pair in found), 6)
    0.7
    """
    found = [
        pair for early, late in combinations(range(len(cohorts.labels)), 2) for pair in _pairs(cohorts, early, late)
    ]
    total = sum(pair.weight for pair in found)
    return tuple(TwoByTwo(p.cohort, p.control, p.kind, p.estimate, p.weight / total) for p in found)


def forbidden_share(pairs: tuple[TwoByTwo, ...]) -> float:
    """Weight of comparisons with units that are treated already.

    >>> forbidden_share((TwoByTwo(1, 2, "earlier_vs_later", 1.0, 0.75), TwoByTwo(2, 1, "later_vs_earlier", 0.0, 0.25)))
    0.25
    """
    return float(sum(pair.weight for pair in pairs if pair.is_forbidden))


def _pairs(cohorts: Cohorts, early: int, late: int) -> Iterator[TwoByTwo]:
    """The two-by-twos of two cohorts, with weights up to a factor; places in `labels`."""
    first, second, periods = cohorts.labels[early], cohorts.labels[late], cohorts.horizon
    size = float(cohorts.totals[early] * cohorts.totals[late])
    on, later_on = (periods - first) / periods, (periods - second) / periods
    change = cohorts.means[early] - cohorts.means[late]
    if first == 0 and second < periods:
        estimate = -_step(change, slice(0, second), slice(second, periods))
        yield TwoByTwo(second, first, "treated_vs_always", estimate, size * later_on * (1 - later_on))
    elif second == periods and first > 0:
        estimate = _step(change, slice(0, first), slice(first, periods))
        yield TwoByTwo(first, second, "treated_vs_never", estimate, size * on * (1 - on))
    elif first > 0:
        estimate = _step(change, slice(0, first), slice(first, second))
        yield TwoByTwo(first, second, "earlier_vs_later", estimate, size * (on - later_on) * (1 - on))
        estimate = -_step(change, slice(first, second), slice(second, periods))
        yield TwoByTwo(second, first, "later_vs_earlier", estimate, size * later_on * (on - later_on))


def _step(change: Array, before: slice, after: slice) -> float:
    return float(np.mean(change[after]) - np.mean(change[before]))
