"""Omitted-variable bias in terms of partial R2: robustness values, and effects as a confounder would leave them.

Cinelli, Hazlett (2020), Making sense of sensitivity, Journal of the Royal Statistical Society B 82. A confounder's
`with_outcome` is the share of what treatment and covariates leave of the outcome that it explains, `with_treatment` of
what covariates leave of the treatment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.inference import quantile
from impact_pipeline.stats.moments import Real


def robustness_value(t: float, left: float, *, share: float = 1.0, alpha: float | None = None) -> float:
    """The partial R2 with outcome and treatment at which a confounder takes away `share` of the effect.

    With `alpha`: at which the rest is no longer significant at this two-sided level; 0 where it is not as it is.
    `f = share |t| / sqrt(left)`, RV = `(sqrt(f^4 + 4 f^2) - f^2) / 2`; `left` are the regression's degrees of freedom.

    >>> [round(robustness_value(4.18445, 783.0, alpha=alpha), 3) for alpha in (None, 0.05)]
    [0.139, 0.076]
    """
    strength = share * abs(t) / left**0.5
    critical = 0.0 if alpha is None else float(quantile(1 - alpha / 2, left - 1)) / (left - 1) ** 0.5
    if strength <= critical:
        return 0.0
    if alpha is not None and strength > 1 / critical:
        return float((strength**2 - critical**2) / (1 + strength**2))
    left_over = strength - critical
    return float(((left_over**4 + 4 * left_over**2) ** 0.5 - left_over**2) / 2)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An effect as it would have been with the confounder among the covariates."""

    value: float
    std_error: float
    lower: float
    upper: float


def adjusted(
    value: float, std_error: float, left: float, with_outcome: float, with_treatment: float, alpha: float = 0.05
) -> Adjusted:
    """The effect less the bias `se sqrt(left R2_y R2_d / (1 - R2_d))` towards 0, or beyond it.

    Its standard error is `se sqrt((1 - R2_y) / (1 - R2_d) left / (left - 1))`.

    >>> found = adjusted(0.09732, 0.02326, 783.0, 0.12464, 0.00916)
    >>> round(found.value, 4), round(found.std_error, 4)
    (0.0752, 0.0219)
    """
    bias = std_error * (left * with_outcome * with_treatment / (1 - with_treatment)) ** 0.5
    moved = float(np.copysign(1.0, value)) * (abs(value) - bias)
    error = std_error * ((1 - with_outcome) / (1 - with_treatment) * left / (left - 1)) ** 0.5
    half = float(quantile(1 - alpha / 2, left - 1)) * error
    return Adjusted(moved, error, moved - half, moved + half)


def as_strong_as(with_outcome: Real, with_treatment: Real, times: float = 1.0) -> tuple[Real, Real]:
    """Partial R2 with outcome and treatment of a confounder `times` as strong as a covariate; NaN where none can be.

    `with_outcome` is the covariate's given treatment and the other covariates, `with_treatment` its given the other
    covariates. A covariate that explains half of the treatment is as strong as can be. Floats or arrays.

    >>> [round(float(share), 5) for share in as_strong_as(0.10903, 0.00908)]
    [0.12464, 0.00916]
    """
    y, d = np.asarray(with_outcome, dtype=np.float64), np.asarray(with_treatment, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        hidden_with_treatment = times * d / (1 - d)
        shared = times * d**2 / ((1 - times * d) * (1 - d))
        factor = (times**0.5 + shared**0.5) / (1 - shared) ** 0.5
        hidden_with_outcome = np.minimum(factor**2 * y / (1 - y), 1.0)
    impossible = ~((hidden_with_treatment < 1) & (shared < 1) & (shared >= 0))
    found = np.where(impossible, np.nan, hidden_with_outcome), np.where(impossible, np.nan, hidden_with_treatment)
    return found if isinstance(with_outcome, np.ndarray) else (float(found[0]), float(found[1]))
