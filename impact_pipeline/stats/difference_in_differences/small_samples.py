"""The same regression for few clusters: unit effects taken out, period effects as columns, so that each cluster's part
of every coefficient is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.cluster_robust import ClusteredFit, clustered, contrast_refusal, covariance, satterthwaite
from impact_pipeline.stats.difference_in_differences.fixed_effects import FixedEffects
from impact_pipeline.stats.least_squares import least_squares
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.wild_cluster_bootstrap import BootstrapTest, wild_cluster_bootstrap

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ExplicitFit:
    """A clustered fit whose last `k` coefficients are the columns' own; those before are period effects."""

    rows: ClusteredFit
    k: int

    def spread(self) -> Floats:
        """CR2 covariance of the columns' coefficients, (k, k). Bell, McCaffrey (2002)."""
        return covariance(self.rows, "CR2")[-self.k :, -self.k :]

    def degrees_of_freedom(self, contrast: Floats) -> float:
        """Satterthwaite's, of a combination of the columns' coefficients."""
        return satterthwaite(self.rows, self._padded(contrast))

    def refusal(self, contrast: Floats) -> Refusal | None:
        """Why clusters tell no error of the combination."""
        return contrast_refusal(self.rows, self._padded(contrast))

    def bootstrap(
        self, contrast: Floats, alpha: float, rng: np.random.Generator, draws: int
    ) -> BootstrapTest | Refusal:
        """Webb's weights by cluster, the null imposed."""
        return wild_cluster_bootstrap(self.rows, self._padded(contrast), alpha, rng, draws=draws)

    def _padded(self, contrast: Floats) -> Floats:
        return np.concatenate([np.zeros(self.rows.fit.k - self.k), contrast])


def explicit_fit(
    effects: FixedEffects, names: tuple[str, ...], columns: Floats, outcome: Floats, cluster: Places
) -> ExplicitFit | Refusal:
    """Unit effects lie within clusters, so taking them out first leaves CR2 as it is (Pustejovsky, Tipton 2018).

    >>> effects = FixedEffects(np.repeat(np.arange(4), 2), np.tile([0, 1], 4), 4, 2)
    >>> treated, outcome = np.array([[0.0, 1, 0, 1, 0, 0, 0, 0]]), np.array([1.0, 4, 2, 3, 5, 5, 7, 8])
    >>> fit = explicit_fit(effects, ("d",), treated, outcome, effects.unit)
    >>> round(float(fit.spread()[0, 0]), 6), round(fit.degrees_of_freedom(np.ones(1)), 6)
    (1.25, 2.0)
    """
    free = np.setdiff1d(np.arange(effects.cells), effects.first_cells)
    cells = (effects.cell[None, :] == free[:, None]).astype(np.float64)
    inside = effects.within_units(np.concatenate([cells, columns, outcome[None, :]]))
    called = (*(f"period effect {place}" for place in free), *names)
    fit = least_squares(inside[:-1].T, inside[-1], names=called, weights=effects.weights)
    if isinstance(fit, Refusal):
        return fit
    rows = clustered(fit, cluster)
    return rows if isinstance(rows, Refusal) else ExplicitFit(rows, len(names))
