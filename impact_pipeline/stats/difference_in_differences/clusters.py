"""Clusters of a panel, how many of them are treated, and which errors so many allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

Places = NDArray[np.intp]

ENOUGH = 40
"""Clusters from which sums over clusters are near enough to normal for CR1 with G - 1 degrees of freedom."""
ENOUGH_OF_EACH = 10
"""Treated clusters, and untreated ones, from which CR1 is trusted (MacKinnon, Webb 2018: few treated ones mislead)."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """`of_row` are places of clusters; `treated` have a treated row, `untreated` a unit that never is."""

    of_row: Places
    count: int
    treated: int
    untreated: int
    nest_units: bool

    @property
    def fewest(self) -> int:
        """Clusters of the smaller side."""
        return min(self.treated, self.untreated)

    @property
    def are_many(self) -> bool:
        """Whether both sides have enough for CR1."""
        return self.count >= ENOUGH and self.fewest >= ENOUGH_OF_EACH


def clusters_of(panel: Panel) -> Clusters:
    """The panel's clusters, by default its units.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> found = clusters_of(panel_of([1, 1, 2, 2, 3, 3], [1, 2] * 3, [0.0] * 6, [0, 1, 0, 0, 0, 0]))
    >>> found.count, found.treated, found.untreated
    (3, 1, 2)
    """
    if panel.cluster is None:
        of_row, count = panel.unit, len(panel.units)
    else:
        labels, of_row = np.unique(panel.cluster, return_inverse=True)
        count = len(labels)
    never = (panel.treated_from == len(panel.periods))[panel.unit]
    treated = _some(of_row, count, panel.treated > 0)
    moves = (np.diff(of_row) != 0) & (np.diff(panel.unit) == 0)
    return Clusters(of_row, count, treated, _some(of_row, count, never), not bool(moves.any()))


def too_few(clusters: Clusters) -> Refusal | None:
    """Fewer than two clusters of a side: nothing tells the error of a difference between the sides."""
    if clusters.fewest >= 2:
        return None
    side = "treated" if clusters.treated < 2 else "untreated"
    return Refusal(
        "too_few_clusters",
        f"{clusters.fewest} {side} cluster of {clusters.count}: its own fortune cannot be told from the effect; "
        "take a synthetic control, or name errors to see the number without trust in them",
    )


def _some(of_row: Places, count: int, rows: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(np.bincount(of_row[rows], minlength=count)))
