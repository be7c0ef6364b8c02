"""Numbers of a file as whole numbers, so that their sums are exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_SCALE = 60
"""Decimal places beyond which a value is counted as 0."""
WHOLE = 2.0**53
"""Up to here every whole number is a double."""
FIRST = 1000
"""Rows that are tried before all are."""


def scaled(values: Array, largest_scale: int = MAX_SCALE) -> tuple[Array, int]:
    """Whole doubles `value * 10**scale` at the least scale that gives every value back, and that scale.

    Where none does (a third, say), the largest that doubles hold: values are then rounded to their 15 digits or so.
    Needs finite values below 2**53 in size.

    >>> whole, scale = scaled(np.array([0.25, 3.0]))
    >>> whole.tolist(), scale
    ([25.0, 300.0], 2)
    """
    largest = float(np.max(np.abs(values), initial=0.0))
    for scale in range(largest_scale):
        if largest * 10.0 ** (scale + 1) >= WHOLE:
            break
        if _gives_back(values[:FIRST], scale) and _gives_back(values, scale):
            break
    else:
        scale = largest_scale
    return np.rint(values * 10.0**scale), scale


def _gives_back(values: Array, scale: int) -> bool:
    power = 10.0**scale
    return bool(np.array_equal(np.rint(values * power) / power, values))
