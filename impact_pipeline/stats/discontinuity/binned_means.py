"""Outcomes in bins of the score, for the picture of a discontinuity.

Calonico, Cattaneo, Titiunik (2015), Journal of the American Statistical Association 110, 1753-1769: so many bins that
their means scatter as the outcomes do, with the noise told by outcomes of neighbouring scores.
"""

from __future__ import annotations

from math import ceil, log
from typing import Literal

import numpy as np

from impact_pipeline.stats.discontinuity.sides import Floats, Side

Spacing = Literal["even", "quantile"]
FEWEST, MOST = 4, 60
"""Bins of one side that can be told apart in a picture."""


def mimicking_bins(side: Side, total: int, spacing: Spacing) -> int:
    """Bins of one side, of a score with `total` rows: `n / log(n)^2` times the outcome's variance by that of its noise.

    >>> rng = np.random.default_rng(0)
    >>> side = Side(1, np.linspace(0, 1, 500), rng.normal(size=(1, 500)))
    >>> mimicking_bins(side, 1000, "even")
    21
    """
    outcome = side.columns[0]
    steps = np.diff(outcome) ** 2 / 2
    if spacing == "quantile":
        noise = float(np.mean(steps))
    else:
        noise = float(np.sum(np.diff(side.distance) * steps)) / side.reach
    spread = float(np.var(outcome, ddof=1))
    return ceil(total / log(total) ** 2 * spread / noise) if noise > 0 else MOST


def binned_means(side: Side, total: int, spacing: Spacing = "even") -> list[tuple[float, float]]:
    """(signed distance at the middle of the bin, mean outcome) of each bin with rows, nearest first.

    >>> side = Side(-1, np.array([0.5, 0.6, 3.5, 4.0]), np.array([[1.0, 3.0, 5.0, 6.0]]))
    >>> binned_means(side, 8)[0], len(binned_means(side, 8))
    ((-0.3333333333333333, 2.0), 2)
    """
    count = min(max(mimicking_bins(side, total, spacing), FEWEST), MOST)
    edges = np.linspace(0, side.reach, count + 1)
    if spacing == "quantile":
        edges = np.unique(np.concatenate([[0.0], np.quantile(side.distance, np.arange(1, count + 1) / count)]))
    return _means(side, edges)


def _means(side: Side, edges: Floats) -> list[tuple[float, float]]:
    starts = np.searchsorted(side.distance, edges, side="right")
    starts[0], starts[-1] = 0, len(side)
    filled = np.flatnonzero(np.diff(starts) > 0)
    sums = np.add.reduceat(side.columns[0], starts[filled])
    means = sums / (starts[filled + 1] - starts[filled])
    middle = side.direction * (edges[filled] + edges[filled + 1]) / 2
    return [(float(at), float(mean)) for at, mean in zip(middle, means, strict=True)]
