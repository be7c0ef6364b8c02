"""Ratios of sums over randomised units (clicks per impression, by user): the delta method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import sqrt

from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import Covariate, SampleSummary
from impact_pipeline.stats.two_means import added, scaled


def ratio_variance(moments: Moments) -> Fraction:
    """Variance of `R = sum of y / sum of d`: `(s_yy - 2 R s_yd + R^2 s_dd) / (n dbar^2)`.

    Assumes independent units and a mean of d well away from 0 (see `denominator_variation`).
    Deng, Knoblich, Lu (2018), KDD, "Applying the Delta Method in Metric Analytics".

    >>> ratio_variance(Moments(n=3, y=6, yy=14, d=6, dd=14, yd=14))
    Fraction(0, 1)
    """
    return linearised([(Fraction(1), moments)])[0].variance / moments.n


def linearised(parts: Sequence[tuple[Fraction, Moments]], *, covariate: bool = False) -> tuple[SampleSummary, ...]:
    """One arm's ratio as a mean: summaries of `R + (y - R d) / dbar`, for each stratum (its weight, its moments).

    `R = ybar / dbar` is the ratio of the arm's post-stratified means (the combined ratio estimator), and the weighted
    mean of the summaries is R again. Small strata therefore bring no ratio of their own into the estimate.
    Cochran (1977), Sampling Techniques, chapter 6.

    >>> [summary] = linearised([(Fraction(1), Moments(n=2, y=3, yy=5, d=4, dd=10, yd=7))])
    >>> summary.mean, summary.variance
    (Fraction(3, 4), Fraction(1, 32))
    """
    numerator = added([scaled(weight, moments.mean("y")) for weight, moments in parts])
    denominator = added([scaled(weight, moments.mean("d")) for weight, moments in parts])
    ratio = numerator / denominator
    plain = tuple(_summary(moments, ratio, denominator) for _, moments in parts)
    if not covariate:
        return plain
    return tuple(
        replace(s, covariate=_covariate(m, ratio, denominator)) for s, (_, m) in zip(plain, parts, strict=True)
    )


def denominator_variation(parts: Sequence[tuple[Fraction, Moments]]) -> float:
    """Coefficient of variation of an arm's mean denominator; infinite where that mean is not above 0.

    The normal approximation of a ratio asks for 0.1 or less: Cochran (1977), chapter 6.

    >>> denominator_variation([(Fraction(1), Moments(n=100, d=100, dd=200))])
    0.10050378152592121
    """
    mean = added([scaled(weight, moments.mean("d")) for weight, moments in parts])
    if mean <= 0:
        return float("inf")
    variance = added([weight**2 * moments.covariance("d", "d") / moments.n for weight, moments in parts])
    return sqrt(variance) / float(mean)


def _summary(moments: Moments, ratio: Fraction, denominator: Fraction) -> SampleSummary:
    mean = ratio + (moments.mean("y") - ratio * moments.mean("d")) / denominator
    spread = (
        moments.covariance("y", "y")
        - 2 * ratio * moments.covariance("y", "d")
        + ratio**2 * moments.covariance("d", "d")
    )
    return SampleSummary(moments.n, mean, spread / denominator**2)


def _covariate(moments: Moments, ratio: Fraction, denominator: Fraction) -> Covariate:
    shared = (moments.covariance("y", "x") - ratio * moments.covariance("x", "d")) / denominator
    return Covariate(moments.mean("x"), moments.covariance("x", "x"), shared)
