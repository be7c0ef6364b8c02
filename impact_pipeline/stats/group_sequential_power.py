"""What a test with planned looks can find, how soon, and how many more units than one look it may need.

The drift is the mean of the statistic at the planned information: `effect / std_error` at the planned end.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Literal

import numpy as np

from impact_pipeline.stats.boundary_crossing import Floats, crossing

LARGEST_DRIFT = 30.0
"""Surely found: far above any bound, at the last look."""


def power_by_look(
    information: Sequence[float], bounds: Sequence[float], drift: float, *, sides: Literal[1, 2] = 2
) -> Floats:
    """Chance that the bound on the drift's side was crossed by each look, first of all; the last is the power.

    >>> from impact_pipeline.stats.group_sequential import wang_tsiatis_bounds
    >>> bounds = wang_tsiatis_bounds(3, 0.05, 0.0)
    >>> power_by_look([1 / 3, 2 / 3, 1.0], bounds, 2.8016).round(3).tolist()
    [0.032, 0.435, 0.793]
    """
    return np.cumsum(crossing(information, bounds, drift=abs(drift), sides=sides).upper)


def drift_with_power(
    information: Sequence[float], bounds: Sequence[float], power: float, *, sides: Literal[1, 2] = 2
) -> float:
    """The drift that is found with this power, which must be above the chance of an error.

    >>> round(drift_with_power([1.0], [1.959964], 0.8), 4)
    2.8016
    """
    from scipy.optimize import brentq

    def excess(drift: float) -> float:
        return float(power_by_look(information, bounds, drift, sides=sides)[-1]) - power

    return float(brentq(excess, 0.0, LARGEST_DRIFT / sqrt(information[-1]), xtol=1e-12))


def inflation_factor(
    information: Sequence[float], bounds: Sequence[float], power: float, *, sides: Literal[1, 2] = 2
) -> float:
    """Units at the last look over those of one look with the same alpha and power.

    `drift^2 / (z(1 - alpha / sides) + z(power))^2` at the last look, alpha being what the bounds spend. Jennison,
    Turnbull (2000), section 2.3.

    >>> from impact_pipeline.stats.group_sequential import wang_tsiatis_bounds
    >>> looks = [0.25, 0.5, 0.75, 1.0]
    >>> round(inflation_factor(looks, wang_tsiatis_bounds(4, 0.05, 0.5), 0.8), 3)
    1.202
    """
    from scipy.special import ndtri

    error = float(crossing(information, bounds, sides=sides).upper.sum())
    single = float(ndtri(power) - ndtri(error))
    return drift_with_power(information, bounds, power, sides=sides) ** 2 * information[-1] / single**2


def expected_information(
    information: Sequence[float], bounds: Sequence[float], drift: float, *, sides: Literal[1, 2] = 2
) -> float:
    """Mean information at the look that stops the test: the first that crosses a bound, or else the last.

    >>> round(expected_information([0.5, 1.0], [1.96, 1.96], 0.0), 3)
    0.975
    """
    found = crossing(information, bounds, drift=drift, sides=sides)
    stopped = found.upper + found.lower
    return float(information[-1] - stopped @ (information[-1] - np.asarray(information, dtype=float)))
