"""How far arms share the same covariates: extreme scores, effective units, and who to leave out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import Estimand


def effective_units(weights: Array) -> float:
    """`(sum of w)^2 / sum of w^2`: equal weights that would err as much (Kish 1965).

    >>> effective_units(np.array([1.0, 1.0, 2.0])).__round__(4)
    2.6667
    """
    total = float(np.sum(weights))
    return total**2 / float(np.sum(weights**2)) if total > 0 else 0.0


def crump_cutoff(scores: Array) -> float:
    """The a whose units with scores in [a, 1 - a] have the most precise average effect; 0 leaves nobody out.

    Units with `1 / (p (1 - p))` above twice its own mean below that bound: Crump, Hotz, Imbens, Mitnik (2009),
    Biometrika 96, for equal error variances.

    >>> crump_cutoff(np.full(10, 0.5))
    0.0
    >>> round(crump_cutoff(np.array([0.001, *np.linspace(0.1, 0.9, 99)])), 3)
    0.102
    """
    inverse = np.sort(1 / np.maximum(scores * (1 - scores), np.finfo(float).tiny))
    means = np.cumsum(inverse) / np.arange(1, len(inverse) + 1)
    if inverse[-1] <= 2 * means[-1]:
        return 0.0
    bound = 2 * float(means[np.flatnonzero(inverse <= 2 * means)[-1]])
    return 0.5 - float(np.sqrt(max(0.25 - 1 / bound, 0.0)))


def kept(scores: Array, cutoff: float, estimand: Estimand) -> NDArray[np.bool_]:
    """Units whose score leaves both arms possible; for the ATT only scores near 1 leave treated units alone.

    >>> kept(np.array([0.01, 0.5, 0.99]), 0.1, "ATT").tolist()
    [True, True, False]
    """
    below = scores <= 1 - cutoff
    found: NDArray[np.bool_] = below & (scores >= cutoff) if estimand == "ATE" else below
    return found
