"""Wild cluster bootstrap-t: a test of one combination of coefficients with few clusters, and its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.cluster_robust import ClusteredFit, contrast_refusal
from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal

ClusterWeights = Literal["webb", "rademacher"]

POINTS: dict[ClusterWeights, tuple[float, ...]] = {
    "webb": (-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5),
    "rademacher": (-1.0, 1.0),
}
TIE = 1 - 1e-9
"""Draws that repeat the sample up to rounding count as at least as extreme."""
WIDEST = 40
"""Doublings of the standard error after which an interval is called unbounded."""
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class BootstrapTest:
    """The combination's value, its CR1 standard error, and the bootstrap's p-value against 0 and interval."""

    value: float
    std_error: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """What every null value shares: the contrast in the basis, its products with each cluster, the drawn weights."""

    value: float
    contrast: Array
    scores: Array
    leverage: Array
    weights: Array

    def t(self) -> float:
        return self.value / self.std_error()

    def std_error(self) -> float:
        """Without the factor of CR1, which every draw shares."""
        return float(np.sqrt(np.sum(summed("gi,i->g", self.scores, self.contrast) ** 2)))

    def p_value(self, null: float) -> float:
        """`(1 + draws at least as extreme) / (1 + draws)` with the null value imposed."""
        shift = (self.value - null) / float(np.sum(self.contrast**2))
        scores = self.scores + shift * self.leverage
        moved = summed("bg,gi->bi", self.weights, scores)
        along = summed("gi,i->g", scores, self.contrast)
        left = self.weights * along - summed("bi,gi->bg", moved, self.leverage)
        with np.errstate(divide="ignore"):
            drawn = np.abs(summed("bi,i->b", moved, self.contrast)) / np.sqrt(summed("bg,bg->b", left, left))
        extreme = np.count_nonzero(drawn >= TIE * abs(self.value - null) / self.std_error())
        return float(1 + extreme) / (1 + len(drawn))


def wild_cluster_bootstrap(
    rows: ClusteredFit,
    contrast: ArrayLike,
    alpha: float,
    rng: np.random.Generator,
    *,
    draws: int = 1999,
    weights: ClusterWeights = "webb",
) -> BootstrapTest | Refusal:
    """Tests `c b = 0`: residuals under the null, one random weight for each cluster, t with CR1 for each draw.

    The interval holds every value that the same draws do not reject at alpha. Webb's six weights serve as few as 5
    clusters; Rademacher's two have only 2^G patterns. Cameron, Gelbach, Miller (2008), Review of Economics and
    Statistics 90; Webb (2023), Canadian Journal of Economics 56; MacKinnon, Nielsen, Webb (2023) for the fast algebra.

    >>> from impact_pipeline.stats.cluster_robust import clustered
    >>> from impact_pipeline.stats.least_squares import least_squares
    >>> fit = least_squares(np.ones((8, 1)), [2.0, 3.0, 4.0, 1.0, 3.0, 5.0, 2.5, 4.5])
    >>> found = wild_cluster_bootstrap(clustered(fit, range(8)), [1.0], 0.05, np.random.default_rng(0))
    >>> round(found.value, 3), found.p_value < 0.01, found.lower > 0
    (3.125, True, True)
    """
    if refusal := contrast_refusal(rows, contrast):
        return refusal
    along = rows.fit.rotated(contrast)
    points = np.array(POINTS[weights])
    drawn = _Draws(
        float(np.sum(np.asarray(contrast, dtype=np.float64) * rows.fit.coefficients)),
        along,
        rows.scores,
        summed("gij,j->gi", rows.grams, along),
        points[rng.integers(len(points), size=(draws, rows.count))],
    )
    error = drawn.std_error()
    ends = [_end(drawn.p_value, drawn.value, side * error, alpha) for side in (-1.0, 1.0)]
    if not np.isfinite(ends).all():
        detail = f"{rows.count} clusters reject no value at {alpha:g}, so the interval has no end"
        return Refusal("unbounded_interval", detail)
    groups, fit = rows.count, rows.fit
    factor = groups / (groups - 1) * (fit.n - 1) / (fit.n - fit.k)
    return BootstrapTest(drawn.value, factor**0.5 * error, ends[0], ends[1], drawn.p_value(0.0))


def _end(p_value: Callable[[float], float], value: float, step: float, alpha: float) -> float:
    """The last null value on one side of the estimate that is not rejected; infinite where none is rejected."""
    inside, outside = value, value + step
    for _ in range(WIDEST):
        if p_value(outside) <= alpha:
            break
        inside, outside = outside, value + 2 * (outside - value)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if p_value(middle) <= alpha else (middle, outside)
    return inside
