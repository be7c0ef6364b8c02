"""How far covariates of two arms are apart, in standard deviations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import Estimand

BALANCED = 0.1
"""Standardised differences up to this size count as balanced (Austin 2009; Stuart, Lee, Leacy 2013)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Treated less untreated mean in standard deviations, and the ratio of variances; None where nothing varies."""

    value: float
    variance_ratio: float | None


def differences(
    covariates: Mapping[str, Array], treatment: Array, weights: Array, estimand: Estimand, sampled: Array | None = None
) -> dict[str, Difference]:
    """By covariate, under `weights`, in unadjusted standard deviations.

    These are of the treated for the ATT, the root of both arms' mean variance for the ATE; of a covariate with two
    values `sqrt(p (1 - p))`.

    As R's MatchIt and cobalt have them. `sampled` are weights of the sampling alone, for the yardstick.

    >>> age, treated = np.array([20.0, 30.0, 40.0, 30.0, 50.0]), np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    >>> found = differences({"age": age}, treated, np.ones(5), "ATT")["age"]
    >>> found.value, found.variance_ratio
    (-1.0, 0.5)
    """
    base = np.ones_like(treatment) if sampled is None else sampled
    treated, untreated = treatment, 1 - treatment
    before, after = (base * treated, base * untreated), (weights * treated, weights * untreated)
    return {name: _difference(values, before, after, estimand) for name, values in covariates.items()}


def _difference(
    values: Array, before: tuple[Array, Array], after: tuple[Array, Array], estimand: Estimand
) -> Difference:
    binary = _is_binary(values)
    spreads = [_moments(values, own, binary)[1] for own in before]
    yardstick = float(np.sqrt(spreads[0] if estimand == "ATT" else (spreads[0] + spreads[1]) / 2))
    if yardstick == 0.0:
        yardstick = float(np.sqrt(_moments(values, before[0] + before[1], binary)[1])) or 1.0
    (treated, wide), (untreated, other) = (_moments(values, own, binary) for own in after)
    return Difference((treated - untreated) / yardstick, wide / other if other > 0 else None)


def _is_binary(values: Array) -> bool:
    return bool(((values == values.min()) | (values == values.max())).all())


def _moments(values: Array, weights: Array, binary: bool) -> tuple[float, float]:
    """Mean and variance, unbiased for weights that are equal; `p (1 - p)` of two values, in their own unit."""
    total = float(weights.sum())
    mean = float(weights @ values) / total
    left = values - mean
    spread = float(weights @ (left * left)) / total
    if binary:
        return mean, spread
    share = 1 - float(weights @ weights) / total**2
    return mean, spread / share if share > 0 else 0.0
