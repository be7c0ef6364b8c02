"""The picture of a discontinuity: outcomes in bins near the cut-off, and the line fitted on each side."""

from __future__ import annotations

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.discontinuity import CutoffRows
from impact_pipeline.causal.exhibits import Discontinuity
from impact_pipeline.stats.discontinuity.binned_means import binned_means
from impact_pipeline.stats.discontinuity.robust import Discontinuous, SideFit
from impact_pipeline.stats.discontinuity.sides import Side

POINTS = 41
SHOWN_BANDWIDTHS = 2.0
"""How far from the cut-off bins are shown; lines end at the bandwidth."""

Points = tuple[tuple[float, float], ...]


def discontinuity_exhibit(fit: Discontinuous, rows: CutoffRows, design: Design) -> Discontinuity:
    """Bins within two bandwidths, and the main fit within one, in the units of score and outcome."""
    sign = -1.0 if rows.is_mirrored else 1.0
    bins = _placed([*_bins(fit.left), *_bins(fit.right)], sign, design.cutoff)
    lines = [_placed(_line(side), sign, design.cutoff) for side in (fit.left, fit.right)]
    left, right = (lines[1], lines[0]) if rows.is_mirrored else (lines[0], lines[1])
    return Discontinuity("discontinuity", "Outcome at the cut-off", "score", float(design.cutoff), bins, left, right)


def _bins(side: SideFit) -> list[tuple[float, float]]:
    whole = side.rows.side
    width = min(SHOWN_BANDWIDTHS * side.main.bandwidth, whole.reach)
    near = whole.first(int(np.searchsorted(whole.distance, width, side="right")))
    return binned_means(Side(near.direction, near.distance, near.columns[:1]), 2 * len(near))


def _line(side: SideFit) -> list[tuple[float, float]]:
    end = min(side.main.bandwidth, side.rows.side.reach)
    distance = np.linspace(0, end, POINTS)
    at = Side(side.rows.side.direction, distance, np.empty((1, POINTS)))
    values = side.main.fitted(at)[0]
    return [(float(d * at.direction), float(value)) for d, value in zip(distance, values, strict=True)]


def _placed(points: list[tuple[float, float]], sign: float, cutoff: float) -> Points:
    return tuple(sorted((sign * at + cutoff, value) for at, value in points))
