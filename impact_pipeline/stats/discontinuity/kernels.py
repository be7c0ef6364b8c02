"""How much a row counts by its distance from the cut-off."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
KernelName = Literal["triangular", "epanechnikov", "uniform"]

PILOT_FACTOR: dict[KernelName, float] = {"triangular": 2.576, "epanechnikov": 2.34, "uniform": 1.843}
"""Silverman's rule-of-thumb factor of each kernel for a density of normal shape."""


def kernel_weights(distance: Floats, kernel: KernelName) -> Floats:
    """K(u) for u in 0 .. 1, the distance in bandwidths.

    >>> kernel_weights(np.array([0.0, 0.5, 1.0]), "triangular").tolist()
    [1.0, 0.5, 0.0]
    """
    if kernel == "triangular":
        return 1 - distance
    if kernel == "epanechnikov":
        return 0.75 * (1 - distance**2)
    return np.full_like(distance, 0.5)


def rows_within(distance: Floats, bandwidth: float, kernel: KernelName) -> int:
    """How many of the rows, nearest first, have weight; a row exactly at the bandwidth has one under `uniform` only.

    >>> rows_within(np.array([0.0, 1.0, 2.0]), 1.0, "triangular"), rows_within(np.array([0.0, 1.0]), 1.0, "uniform")
    (1, 2)
    """
    return int(np.searchsorted(distance, bandwidth, side="right" if kernel == "uniform" else "left"))
