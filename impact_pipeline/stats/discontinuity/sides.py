"""The rows of a discontinuity, split at the cut-off and sorted once: what lies within a bandwidth is a first part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Side:
    """Rows of one side, nearest to the cut-off first.

    `distance` is at or above 0 on either side, `direction` -1 on the left and 1 on the right; `columns` are (k, n): the
    outcome, then the treatment of a fuzzy design, then covariates. `weights` and `cluster` are by row.
    """

    direction: int
    distance: Floats
    columns: Floats
    weights: Floats | None = None
    cluster: Places | None = None

    def __len__(self) -> int:
        return len(self.distance)

    @cached_property
    def first_of_value(self) -> Places:
        """The first row of each distinct distance."""
        changes = np.flatnonzero(np.diff(self.distance) > 0) + 1
        return np.concatenate([np.zeros(min(1, len(self)), dtype=np.intp), changes])

    @property
    def distinct(self) -> int:
        return len(self.first_of_value)

    def first(self, rows: int) -> Side:
        """The nearest rows alone."""
        weights = None if self.weights is None else self.weights[:rows]
        cluster = None if self.cluster is None else self.cluster[:rows]
        return Side(self.direction, self.distance[:rows], self.columns[:, :rows], weights, cluster)

    @property
    def reach(self) -> float:
        """Distance of the farthest row."""
        return float(self.distance[-1])

    def distance_of_value(self, count: int) -> float:
        """Distance of the count-th distinct value, or of the last where there are fewer."""
        return float(self.distance[self.first_of_value[min(count, self.distinct) - 1]])


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of a cut-off."""

    left: Side
    right: Side

    def __len__(self) -> int:
        return len(self.left) + len(self.right)

    def only(self, columns: list[int]) -> Sides:
        """The rows with some of their columns."""
        left, right = (replace(side, columns=side.columns[columns]) for side in (self.left, self.right))
        return Sides(left, right)


def sides_of(
    score: Floats,
    columns: Floats,
    *,
    cutoff: float = 0.0,
    cutoff_is_right: bool = True,
    weights: Floats | None = None,
    cluster: Places | None = None,
) -> Sides:
    """Splits rows at the cut-off; columns are (k, n), and rows exactly at it belong to the right unless said.

    >>> sides = sides_of(np.array([2.0, -1.0, 0.0, -3.0]), np.array([[5.0, 6.0, 7.0, 8.0]]))
    >>> sides.left.distance.tolist(), sides.left.columns.tolist(), sides.right.columns.tolist()
    ([1.0, 3.0], [[6.0, 8.0]], [[7.0, 5.0]])
    """
    order = np.argsort(score, kind="stable")
    centred = score[order] - cutoff
    border = int(np.searchsorted(centred, 0.0, side="left" if cutoff_is_right else "right"))

    def side(direction: int, rows: Places, distance: Floats) -> Side:
        own_weights = None if weights is None else weights[rows]
        own_cluster = None if cluster is None else cluster[rows]
        return Side(direction, distance, np.ascontiguousarray(columns[:, rows]), own_weights, own_cluster)

    left, right = order[:border][::-1], order[border:]
    return Sides(side(-1, left, -centred[:border][::-1]), side(1, right, centred[border:]))
