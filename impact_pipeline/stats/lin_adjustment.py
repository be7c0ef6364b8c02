"""Regression on arms and covariates, row by row: Lin's (slopes by arm) and the classical one (common slopes).

Both give every treatment arm's mean next to the control's, at the covariates' mean over all rows, as `TwoMeans`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import Array, CovarianceName, covariance, least_squares, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_means import Contribution, TwoMeans

ByArm = Mapping[str, TwoMeans | Refusal]
"""For each treatment arm, in sorted order: its mean with that of the control."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmRegression:
    """One arm's outcome on the covariates: its mean at their overall mean, that mean's variance, the slopes."""

    mean: float
    variance: float
    slopes: Array
    degrees_of_freedom: int


def lin_adjusted(
    outcome: ArrayLike,
    arms: ArrayLike,
    control: str,
    covariates: ArrayLike,
    *,
    names: Sequence[str] = (),
    sampled: bool = False,
) -> ByArm | Refusal:
    """Each arm by its own regression on the covariates less their overall mean; the intercepts are the arms' means.

    The same numbers as one regression with all interactions and HC2; Welch-Satterthwaite degrees of freedom with
    n_a - p - 1 for an arm. Never less precise than the plain difference in large samples, whatever the truth looks
    like. The covariates' mean is that of these units; where they are a sample of those one asks about, and slopes
    differ between arms, `sampled` adds the variance that this mean has: `(theta_t - theta_c)' cov(x) / n (theta_t -
    theta_c)`. Lin (2013), Annals of Applied Statistics 7; Negi, Wooldridge (2021), Econometric Reviews 40.

    >>> found = lin_adjusted([1, 2, 4, 3, 5, 8], list("cccttt"), "c", [[0.0], [1.0], [2.0], [0.0], [1.0], [2.0]])
    >>> round(found["t"].treatment, 6), round(found["t"].control, 6)
    (5.333333, 2.333333)
    """
    y, x = np.asarray(outcome, dtype=np.float64), _centred(covariates)
    labels, known = _arms(arms, control)
    if isinstance(known, Refusal):
        return known
    found = {arm: _regressed(y[labels == arm], x[labels == arm], names, arm) for arm in known}
    base = found.pop(control)
    if isinstance(base, Refusal):
        return base
    spread = summed("ij,ik->jk", x, x) / ((len(x) - 1) * len(x)) if sampled else None
    return {arm: own if isinstance(own, Refusal) else _pair(own, base, spread, len(x)) for arm, own in found.items()}


def ancova(
    outcome: ArrayLike,
    arms: ArrayLike,
    control: str,
    covariates: ArrayLike | None = None,
    *,
    names: Sequence[str] = (),
    errors: CovarianceName = "classical",
) -> ByArm | Refusal:
    """One regression on the arms and the covariates with common slopes; n - k degrees of freedom.

    Classical errors are those of equal variances in all arms; HC1 to HC3 allow any. Freedman (2008), Annals of Applied
    Statistics 2, shows what common slopes can cost: prefer `lin_adjusted` where arms differ in size.

    >>> found = ancova([1, 2, 3, 4, 5, 9], list("cccttt"), "c", errors="HC1")
    >>> round(found["t"].change, 6), round(float(found["t"].error()[0]), 6)
    (4.0, 1.632993)
    """
    labels, known = _arms(arms, control)
    if isinstance(known, Refusal):
        return known
    x = np.zeros((len(labels), 0)) if covariates is None else _centred(covariates)
    called = (*known, *(names or [f"x{j}" for j in range(x.shape[1])]))
    fit = least_squares(np.column_stack([*(labels == arm for arm in known), x]), outcome, names=called)
    if isinstance(fit, Refusal):
        return fit
    spread = covariance(fit, errors)
    if isinstance(spread, Refusal):
        return spread
    degrees, c = float(fit.n - fit.k), known.index(control)
    found: dict[str, TwoMeans | Refusal] = {}
    for t, arm in enumerate(known):
        part = Contribution(float(spread[t, t]), float(spread[c, c]), float(spread[t, c]), degrees)
        found[arm] = TwoMeans(float(fit.coefficients[t]), float(fit.coefficients[c]), (part,))
    return {arm: means for arm, means in found.items() if arm != control}


def _regressed(y: Array, x: Array, names: Sequence[str], arm: str) -> ArmRegression | Refusal:
    called = ("mean", *(names or [f"x{j}" for j in range(x.shape[1])]))
    fit = least_squares(np.column_stack([np.ones(len(y)), x]), y, names=called)
    if isinstance(fit, Refusal):
        return Refusal(fit.reason, f"in arm '{arm}': {fit.detail}")
    spread = covariance(fit, "HC2")
    if isinstance(spread, Refusal):
        return Refusal(spread.reason, f"in arm '{arm}': {spread.detail}")
    return ArmRegression(float(fit.coefficients[0]), float(spread[0, 0]), fit.coefficients[1:], fit.n - fit.k)


def _pair(own: ArmRegression, base: ArmRegression, spread: Array | None, n: int) -> TwoMeans:
    parts = [
        Contribution(own.variance, 0.0, 0.0, own.degrees_of_freedom),
        Contribution(0.0, base.variance, 0.0, base.degrees_of_freedom),
    ]
    if spread is not None:
        t, c, both = (
            float(summed("i,ij,j->", left, spread, right))
            for left, right in ((own.slopes, own.slopes), (base.slopes, base.slopes), (own.slopes, base.slopes))
        )
        parts.append(Contribution(t, c, both, n - 1))
    return TwoMeans(own.mean, base.mean, tuple(parts))


def _arms(arms: ArrayLike, control: str) -> tuple[NDArray[np.str_], list[str] | Refusal]:
    labels = np.asarray(arms).astype(np.str_)
    known = [str(arm) for arm in np.unique(labels)]
    if control not in known or len(known) < 2:
        found = ", ".join(f"'{arm}'" for arm in known)
        return labels, Refusal(
            "empty_arm", f"a comparison needs the control '{control}' and another arm, found {found}"
        )
    return labels, known


def _centred(covariates: ArrayLike) -> Array:
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    return np.asarray(x - x.mean(axis=0), dtype=np.float64)
