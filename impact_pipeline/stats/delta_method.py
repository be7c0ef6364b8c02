"""Ratios of sums over randomised units (clicks per impression, by user): the delta method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impact_pipeline.stats.moments import Moments, Real, at_least_one, square
from impact_pipeline.stats.stratified import Covariates, SampleSummary, covariates_of
from impact_pipeline.stats.two_means import added, as_shape_of

Weighted = Sequence[tuple[Real, Moments]]
"""One arm's strata: each with its weight (they add up to 1) and its moments."""

ROUNDING = 1e-14
"""Share of what is taken from one another that may be left by rounding alone, where y is a multiple of d."""


def ratio_variance(moments: Moments) -> Real:
    """Variance of `R = sum of y / sum of d`: `(s_yy - 2 R s_yd + R^2 s_dd) / (n dbar^2)`.

    Assumes independent units and a mean of d well away from 0 (see `denominator_variation`).
    Deng, Knoblich, Lu (2018), KDD, "Applying the Delta Method in Metric Analytics".

    >>> float(ratio_variance(Moments(n=3, y=6, yy=14, d=6, dd=14, yd=14)))
    0.0
    """
    return linearised([(1.0, moments)])[0].variance / at_least_one(moments.units)


def linearised(parts: Weighted, *, covariates: bool = False) -> tuple[SampleSummary, ...]:
    """One arm's ratio as a mean: summaries of `R + (y - R d) / dbar`, for each stratum.

    `R = ybar / dbar` is the ratio of the arm's post-stratified means (the combined ratio estimator), and the weighted
    mean of the summaries is R again. Small strata therefore bring no ratio of their own into the estimate.
    Cochran (1977), Sampling Techniques, chapter 6. A mean denominator of 0 gives no finite numbers.

    >>> [summary] = linearised([(1.0, Moments(n=2, y=3, yy=5, d=4, dd=10, yd=7))])
    >>> float(summary.mean), float(summary.variance)
    (0.75, 0.03125)
    """
    found = np.asarray(added(weight * moments.mean("d") for weight, moments in parts))
    denominator = np.where(found == 0, np.nan, found)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.asarray(added(weight * moments.mean("y") for weight, moments in parts)) / denominator
        plain = tuple(_summary(moments, ratio, denominator) for _, moments in parts)
        if not covariates:
            return plain
        return tuple(
            replace(s, covariates=_covariates(m, ratio, denominator)) for s, (_, m) in zip(plain, parts, strict=True)
        )


def denominator_variation(parts: Weighted) -> Real:
    """Coefficient of variation of an arm's mean denominator; infinite where that mean is not above 0.

    The normal approximation of a ratio asks for 0.1 or less: Cochran (1977), chapter 6.

    >>> round(denominator_variation([(1.0, Moments(n=100, d=100, dd=200))]), 6)
    0.100504
    """
    mean = added(weight * moments.mean("d") for weight, moments in parts)
    variance = added(
        square(weight) * moments.covariance("d", "d") / at_least_one(moments.units) for weight, moments in parts
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return as_shape_of(mean, np.where(np.asarray(mean) > 0, np.sqrt(variance) / mean, np.inf))


def _summary(moments: Moments, ratio: Real, denominator: Real) -> SampleSummary:
    mean = ratio + (moments.mean("y") - ratio * moments.mean("d")) / denominator
    apart = moments.covariance("y", "y") + square(ratio) * moments.covariance("d", "d")
    spread = apart - 2 * ratio * moments.covariance("y", "d")
    kept = np.where(spread > ROUNDING * apart, spread, 0.0)
    return SampleSummary(moments.units, mean, kept / square(denominator))


def _covariates(moments: Moments, ratio: Real, denominator: Real) -> Covariates:
    """Covariates of the linearised outcome."""
    y, d = covariates_of(moments, "y"), covariates_of(moments, "d")
    shared = tuple(
        (of_y - ratio * of_d) / denominator for of_y, of_d in zip(y.with_outcome, d.with_outcome, strict=True)
    )
    return replace(y, with_outcome=shared)
