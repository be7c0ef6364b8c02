"""Are residuals related over time?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array


@dataclass(frozen=True, slots=True)
class LjungBox:
    statistic: float
    lags: int
    degrees_of_freedom: int
    p_value: float


def autocorrelations(residuals: ArrayLike, lags: int) -> Array:
    """Correlations of a series with itself `1 .. lags` places later, (lags,), about its mean; NaN pairs are left out.

    >>> autocorrelations([1.0, -1.0, 1.0, -1.0], 2).tolist()
    [-0.75, 0.5]
    """
    values = np.asarray(residuals, dtype=np.float64)
    seen = np.isfinite(values)
    centred = np.where(seen, values - values[seen].mean(), 0.0)
    total = float(np.sum(centred**2))
    return np.array([np.sum(centred[lag:] * centred[:-lag]) / total for lag in range(1, lags + 1)])


def ljung_box(residuals: ArrayLike, lags: int, fitted: int = 0) -> LjungBox:
    """`n (n + 2) sum of r_l^2 / (n - l)`, chi-square with `lags - fitted` degrees of freedom when there is no relation.

    `fitted` counts parameters of the errors' own model. Ljung, Box (1978), Biometrika 65.

    >>> round(ljung_box([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 1).statistic, 2)
    8.75
    """
    from scipy.special import chdtrc

    values = np.asarray(residuals, dtype=np.float64)
    n = int(np.isfinite(values).sum())
    squares = autocorrelations(values, lags) ** 2
    statistic = float(n * (n + 2) * np.sum(squares / (n - np.arange(1, lags + 1))))
    degrees = max(lags - fitted, 1)
    return LjungBox(statistic, lags, degrees, float(chdtrc(degrees, statistic)))
