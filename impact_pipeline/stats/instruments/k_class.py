"""Two-stage least squares and limited-information maximum likelihood: k-class estimates of one treatment's effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.instruments.instrumented import Instrumented
from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal

ROUNDING = 1e-13
"""Residual squares of this share of the outcome's are rounding: the outcome is determined."""


@dataclass(frozen=True, slots=True, eq=False)
class KClass:
    """The effect of one more unit of treatment, its standard error and degrees of freedom; `kappa` is 1 in 2SLS.

    `residuals` are the structural errors `y - d value`, (n,), covariates partialled out.
    """

    value: float
    std_error: float
    degrees_of_freedom: float
    kappa: float
    residuals: Array


def two_stage_least_squares(rows: Instrumented) -> KClass | Refusal:
    """`(d' P y) / (d' P d)`, P the projection on the instruments less covariates.

    Consistent for the effect in those whom the instruments move (a local average treatment effect: Imbens, Angrist
    1994) if instruments are as good as random given the covariates, touch the outcome through the treatment alone, and
    move it in one direction.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> z = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    >>> rows = instrumented(np.array([1.0, 2.0, 3.0, 3.0, 5.0, 4.0]), np.array([0.0, 1, 0, 1, 1, 1]), {"z": z}, {})
    >>> round(two_stage_least_squares(rows).value, 6)
    3.0
    """
    return k_class(rows, 1.0)


def liml(rows: Instrumented) -> KClass | Refusal:
    """The k-class estimate with the least `kappa` that makes `[y d]' (I - kappa M) [y d]` singular.

    Nearly median-unbiased with many or weak instruments, where 2SLS leans towards least squares; equal to it with one
    instrument. Anderson, Rubin (1949), Annals of Mathematical Statistics 20. Under HC1 and clusters the scores are
    those of the projected treatment.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> rng = np.random.default_rng(0)
    >>> z, w, u = rng.normal(size=(3, 400))
    >>> d = z + w + u
    >>> rows = instrumented(2 * d - 3 * u + rng.normal(size=400), d, {"z": z, "w": w}, {})
    >>> round(liml(rows).value, 2)
    1.99
    """
    kappa = 1.0 if rows.instruments == 1 else _least_kappa(rows)
    return kappa if isinstance(kappa, Refusal) else k_class(rows, kappa)


def k_class(rows: Instrumented, kappa: float) -> KClass | Refusal:
    """`(d' (I - kappa M) y) / (d' (I - kappa M) d)`; kappa 0 is least squares.

    >>> from impact_pipeline.stats.instruments.instrumented import instrumented
    >>> d = np.array([0.0, 1.0, 2.0, 3.0])
    >>> rows = instrumented(np.array([1.0, 3.0, 4.0, 6.0]), d, {"z": d**2}, {})
    >>> round(k_class(rows, 0.0).value, 6)
    1.6
    """
    reduced, first = rows.pulls
    square = float((1 - kappa) * rows.products[1, 1] + kappa * summed("q,q->", first, first))
    if abs(square) <= ROUNDING * rows.products[1, 1]:
        return Refusal("not_identified", "instruments do not move the treatment at all: their covariance with it is 0")
    value = float((1 - kappa) * rows.products[0, 1] + kappa * summed("q,q->", first, reduced)) / square
    residuals = rows.outcome - value * rows.treatment
    if float(summed("i,i->", residuals, residuals)) <= ROUNDING**2 * rows.products[0, 0]:
        return Refusal("zero_variance", "treatment and covariates determine the outcome exactly: there is no error")
    left = rows.n - rows.exogenous - 1
    if rows.errors == "classical":
        variance = float(summed("i,i->", residuals, residuals)) / left / square
    else:
        projected = rows.treatment if kappa == 0 else summed("qi,q->i", rows.basis, first)
        variance = float(rows.meat(projected[None], residuals, 1)[0, 0]) / square**2
    if not variance > 0:
        return Refusal("zero_variance", "errors cancel within every cluster: clusters do not vary")
    return KClass(value, variance**0.5, rows.spread(1), kappa, residuals)


def _least_kappa(rows: Instrumented) -> float | Refusal:
    reduced, first = rows.pulls
    pulled = np.stack([reduced, first])
    inside = rows.products - summed("aq,bq->ab", pulled, pulled)
    inside_determinant = float(np.linalg.det(inside))
    if inside_determinant <= ROUNDING * float(np.prod(np.diag(inside))):
        return Refusal("zero_variance", "instruments and covariates determine outcome and treatment together")
    roots = np.linalg.eigvals(np.linalg.solve(inside, rows.products))
    return float(np.min(np.real(roots)))
