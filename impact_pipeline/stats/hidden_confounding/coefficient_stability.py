"""How far covariates move a coefficient, and what that says of those that are hidden: Oster's delta and bias.

Oster (2019), Unobservable selection and coefficient stability, Journal of Business and Economic Statistics 37. Delta is
the selection on what is hidden as a multiple of that on covariates; `r_squared_max` is the R2 of a regression with
everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.partial_regression import partial_regression
from impact_pipeline.stats.refusal import Refusal

REAL = 1e-8


@dataclass(frozen=True, slots=True)
class Stability:
    """Coefficient and R2 without (`plain`) and with covariates; variances of outcome, treatment, and what is left."""

    plain: float
    plain_r_squared: float
    controlled: float
    controlled_r_squared: float
    outcome_variance: float
    treatment_variance: float
    treatment_left: float

    def delta(self, r_squared_max: float, effect: float = 0.0) -> float:
        """The delta at which the true coefficient is `effect`; infinite where no selection makes it so.

        >>> round(Stability(2.0, 0.2, 1.0, 0.6, 10.0, 1.0, 0.5).delta(0.8), 9)
        1.0
        """
        d = self._terms(r_squared_max)
        gap = self.controlled - effect
        above = d.observed * gap + d.squares * gap**2 * 2 + d.cubes * gap**3 + d.linear * gap
        below = d.hidden + d.scaled * gap + d.squares * gap**2 + d.cubes * gap**3
        return above / below if below else float(np.copysign(np.inf, above))

    def effect(self, r_squared_max: float, delta: float = 1.0) -> float:
        """The true coefficient at a delta; of several roots the one nearest to the coefficient with covariates.

        >>> abs(round(Stability(2.0, 0.2, 1.0, 0.6, 10.0, 1.0, 0.5).effect(0.8), 9))
        0.0
        """
        d = self._terms(r_squared_max)
        polynomial = [
            d.cubes * (1 - delta), d.squares * (2 - delta), d.observed + d.linear - delta * d.scaled, -delta * d.hidden
        ]  # fmt: skip
        roots = np.roots(np.trim_zeros(polynomial, "f")) if any(polynomial[:-1]) else np.zeros(1)
        real = roots[np.abs(roots.imag) <= REAL * (1 + np.abs(roots))].real
        return self.controlled - float(real[np.argmin(np.abs(real))]) if len(real) else float("nan")

    def _terms(self, r_squared_max: float) -> _Terms:
        moved = self.plain - self.controlled
        explained = (self.controlled_r_squared - self.plain_r_squared) * self.outcome_variance
        unseen = (r_squared_max - self.controlled_r_squared) * self.outcome_variance
        left, whole = self.treatment_left, self.treatment_variance
        return _Terms(
            explained * left, whole * left * moved**2, left * moved * whole, left * whole - left**2,
            unseen * moved * whole, unseen * (whole - left),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Terms:
    """Coefficients of powers of the gap between the coefficient with covariates and the true one."""

    observed: float
    linear: float
    squares: float
    cubes: float
    hidden: float
    scaled: float


def stability(
    outcome: Array, treatment: Array, covariates: Mapping[str, Array], weights: Array | None = None
) -> Stability | Refusal:
    """Both regressions; refused where either is.

    >>> rng = np.random.default_rng(0)
    >>> x, u, v = rng.normal(size=(3, 500))
    >>> found = stability(x + u, x + v, {"x": x})
    >>> round(found.plain, 1), abs(round(found.controlled, 1)), round(found.controlled_r_squared, 1)
    (0.5, 0.0, 0.5)
    """
    plain = partial_regression(outcome, treatment, {}, errors="classical", weights=weights)
    if isinstance(plain, Refusal):
        return plain
    controlled = partial_regression(outcome, treatment, covariates, errors="classical", weights=weights)
    if isinstance(controlled, Refusal):
        return controlled
    n = len(outcome)
    total, whole = float(np.sum(plain.outcome**2)), float(np.sum(plain.treatment**2))
    return Stability(
        plain.value, 1 - float(np.sum(plain.residuals**2)) / total,
        controlled.value, 1 - float(np.sum(controlled.residuals**2)) / total,
        total / (n - 1), whole / (n - 1), float(np.sum(controlled.treatment**2)) / (n - 1),
    )  # fmt: skip
