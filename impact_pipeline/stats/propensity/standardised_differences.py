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
    arms = treatment == 1, treatment != 1
    return {name: _difference(values, arms, weights, base, estimand) for name, values in covariates.items()}


def _difference(
    values: Array, arms: tuple[Array, Array], weights: Array, base: Array, estimand: Estimand
) -> Difference:
    binary = bool(np.isin(values, (values.min(), values.max())).all())
    spreads = [_variance(values[arm], base[arm], binary) for arm in arms]
    yardstick = float(np.sqrt(spreads[0] if estimand == "ATT" else (spreads[0] + spreads[1]) / 2))
    gap = _mean(values[arms[0]], weights[arms[0]]) - _mean(values[arms[1]], weights[arms[1]])
    if yardstick == 0.0:
        yardstick = float(np.sqrt(_variance(values, base, binary))) or 1.0
    after = [_variance(values[arm], weights[arm], binary) for arm in arms]
    return Difference(gap / yardstick, after[0] / after[1] if after[1] > 0 else None)


def _mean(values: Array, weights: Array) -> float:
    return float(weights @ values / weights.sum())


def _variance(values: Array, weights: Array, binary: bool) -> float:
    """Unbiased for weights that are equal; `p (1 - p)` of two values, in their own unit."""
    mean, total = _mean(values, weights), float(weights.sum())
    spread = float(weights @ (values - mean) ** 2) / total
    if binary:
        return spread
    left = 1 - float(weights @ weights) / total**2
    return spread / left if left > 0 else 0.0
