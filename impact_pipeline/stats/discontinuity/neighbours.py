"""Residuals from nearest neighbours in the score: errors that rest on no fitted line.

Abadie, Imbens (2008), Annales d'Economie et de Statistique 91-92; Calonico, Cattaneo, Titiunik (2014), Econometrica 82.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact_pipeline.stats.discontinuity.sides import Floats, Places, Side

ROUNDING = 1e-10
"""Two distances are equal up to this share of the farthest: scores of two decimals are no exact numbers."""
KEPT = 3


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of each row of a side the block `start .. end` of itself and its nearest `matches` rows, or more where equal.

    `running` are sums of the columns from the cut-off on, about their means, (k, n + 1).
    """

    side: Side
    matches: int
    start: Places
    end: Places
    centred: Floats
    running: Floats

    def residuals(self, rows: int) -> Floats:
        """`sqrt(m / (m + 1)) (y - mean of the m nearest)`, (k, rows), with neighbours among the nearest `rows` alone.

        >>> side = Side(1, np.array([0.0, 1.0, 3.0, 9.0]), np.array([[2.0, 4.0, 9.0, 0.0]]))
        >>> neighbours_of(side, 1).residuals(3).round(4).tolist()
        [[-1.4142, 1.4142, 3.5355]]
        """
        if rows not in self._kept:
            if len(self._kept) == KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[rows] = self._residuals(rows)
        return self._kept[rows]

    @cached_property
    def _kept(self) -> dict[int, Floats]:
        """Residuals of the last widths asked for: stages of a rule, and both errors of a fit, ask for the same."""
        return {}

    def _residuals(self, rows: int) -> Floats:
        start, end = self.start[:rows], self.end[:rows]
        outside = int(np.searchsorted(end > rows, True))
        if outside < rows:
            start, end = self._at_the_edge(rows, outside)
        others = (end - start - 1).astype(np.float64)
        own = self.centred[:, :rows]
        mean = (self.running[:, end] - self.running[:, start] - own) / others
        return np.asarray(np.sqrt(others / (others + 1)) * (own - mean), dtype=np.float64)

    def _at_the_edge(self, rows: int, outside: int) -> tuple[Places, Places]:
        """Rows from `outside` on lose neighbours beyond the last; what they take instead lies before them."""
        firsts = self.side.first_of_value
        place = int(np.searchsorted(firsts, self.start[outside], side="right")) - 1 - self.matches
        origin = int(firsts[max(place, 0)])
        low, high = blocks(self.side.distance[origin:rows], self.matches)
        start, end = self.start[:rows].copy(), self.end[:rows].copy()
        start[outside:], end[outside:] = origin + low[outside - origin :], origin + high[outside - origin :]
        return start, end


def neighbours_of(side: Side, matches: int) -> Neighbours:
    """Neighbours of every row of the side, found once for all bandwidths."""
    centred = side.columns - np.mean(side.columns, axis=1, keepdims=True)
    running = np.zeros((len(centred), len(side) + 1))
    np.cumsum(centred, axis=1, out=running[:, 1:])
    return Neighbours(side, matches, *blocks(side.distance, matches), centred, running)


def blocks(distance: Floats, matches: int) -> tuple[Places, Places]:
    """Of each of the sorted distances where the block of its nearest begins and ends.

    It grows from the equal ones by the nearer neighbour and all that equal it, by both sides where they are as near,
    until it holds `matches` others or everything.

    >>> [places.tolist() for places in blocks(np.array([0.0, 1.0, 3.0, 3.0]), 1)]
    [[0, 0, 2, 2], [2, 2, 4, 4]]
    """
    changes = np.flatnonzero(np.diff(distance) > 0) + 1
    edges = np.concatenate([[0], changes, [len(distance)]])
    values = distance[edges[:-1]]
    least = min(matches, len(distance) - 1) + 1
    low = np.arange(len(values))
    high = low.copy()
    padded = np.concatenate([[-np.inf], values, [np.inf]])
    slack = ROUNDING * float(values[-1])
    short = np.flatnonzero(np.diff(edges) < least)
    while len(short):
        below = values[short] - padded[low[short]]
        above = padded[high[short] + 2] - values[short]
        low[short] -= below <= above + slack
        high[short] += above <= below + slack
        short = short[edges[high[short] + 1] - edges[low[short]] < least]
    if len(values) == len(distance):
        return low, high + 1
    sizes = np.diff(edges)
    return np.repeat(edges[low], sizes), np.repeat(edges[high + 1], sizes)
