"""CUPED and Lin's regression adjustment: less variance from what was known about units before exposure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.moments import Real, square, triangle
from impact_pipeline.stats.small_systems import solve
from impact_pipeline.stats.stratified import Covariates, SampleSummary, StratumPair, of_mean
from impact_pipeline.stats.two_means import Contribution, TwoMeans, added

Slopes = tuple[Real, ...]
"""One for each covariate; 0 where a covariate never varies, or says nothing that the ones before it do not."""


def pooled_slopes(pairs: Sequence[StratumPair]) -> Slopes:
    """Slopes of the outcome on the covariates, pooled within arms and strata (CUPED's theta).

    They solve `sum of (n - 1) cov(x, x) theta = sum of (n - 1) cov(x, y)` over all samples of strata that count:
    differences between arms do not enter. With one covariate, `cov(x, y) / var(x)`.
    """
    return _slopes([(pair.weight, sample) for pair in pairs for sample in (pair.treatment, pair.control)])


def slopes_by_arm(pairs: Sequence[StratumPair]) -> tuple[Slopes, Slopes]:
    """Slopes of the treatment and of the control arm, each pooled over strata (Lin's interacted regression)."""
    return (
        _slopes([(pair.weight, pair.treatment) for pair in pairs]),
        _slopes([(pair.weight, pair.control) for pair in pairs]),
    )


def never_vary(pairs: Sequence[StratumPair]) -> NDArray[np.bool_]:
    """Groups in which each covariate is the same for all units of an arm, in every stratum that counts."""
    spreads = [
        np.where(np.asarray(pair.weight) > 0, x.covariances[triangle(len(x.means), i, i)], 0.0)
        for pair in pairs
        for x in (_covariates(pair.treatment), _covariates(pair.control))
        for i in range(len(x.means))
    ]
    return np.atleast_1d(np.asarray(added(spreads)) == 0)


def adjusted(pairs: Sequence[StratumPair], of_treatment: Slopes, of_control: Slopes | None = None) -> TwoMeans:
    """Adjusted means `y_a - theta_a (x_a - x)`, where x is the covariates' mean over both arms, `p_t x_t + p_c x_c`.

    With equal slopes the difference is `y_t - y_c - theta (x_t - x_c)` with the variances of `y - theta x`. Each
    adjusted mean by itself also varies with x, which both share: with p_t and p_c the arms' shares of the units, sample
    t gives the treatment mean `var(y - theta_t p_c x) / n_t`, the control mean `p_t^2 var(theta_c x) / n_t`, and both
    the covariance `cov(y - theta_t p_c x, theta_c p_t x) / n_t`; sample c likewise.

    Assumes covariates fixed before exposure; takes the slopes as known (an error of order 1 / n in the variance).
    Deng, Xu, Kohavi, Walker (2013), WSDM; Lin (2013), Annals of Applied Statistics 7, for slopes by arm. For ratios y
    is linearised first: Deng, Knoblich, Lu (2018), KDD.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import summarise
    >>> arm = Moments(n=4, y=10, yy=30, x=(8,), xx=(20,), xy=(24,))
    >>> pair = StratumPair(1.0, summarise(arm, covariates=True), summarise(arm, covariates=True))
    >>> means = adjusted([pair], pooled_slopes([pair]))
    >>> float(means.treatment), round(float(means.variance()), 12)
    (2.5, 0.166666666667)
    """
    slopes = of_treatment, of_control or of_treatment
    excess = [_excess(pair) for pair in pairs]
    treatment = added(
        pair.weight * (pair.treatment.mean - _linear(slopes[0], x)) for pair, (x, _) in zip(pairs, excess, strict=True)
    )
    control = added(
        pair.weight * (pair.control.mean - _linear(slopes[1], x)) for pair, (_, x) in zip(pairs, excess, strict=True)
    )
    parts = [part for pair in pairs for part in _contributions(pair, *slopes)]
    return TwoMeans(treatment, control, tuple(parts))


def _slopes(samples: Sequence[tuple[Real, SampleSummary]]) -> Slopes:
    """Of samples with the weights of their strata."""
    known = [_covariates(sample) for _, sample in samples]
    size = len(known[0].means)
    weights = [np.where(np.asarray(weight) > 0, sample.n - 1, 0.0) for weight, sample in samples]
    upper = [added(w * c.covariances[i] for w, c in zip(weights, known, strict=True)) for i in range(_triangle(size))]
    right = [added(w * c.with_outcome[i] for w, c in zip(weights, known, strict=True)) for i in range(size)]
    return solve(upper, right)


def _triangle(size: int) -> int:
    return size * (size + 1) // 2


def _shares(pair: StratumPair) -> tuple[Real, Real]:
    """The arms' shares of the stratum's units; a half each where it has none."""
    units = pair.treatment.n + pair.control.n
    share = (pair.treatment.n + (units == 0)) / (units + 2 * (units == 0))
    return share, 1 - share


def _excess(pair: StratumPair) -> tuple[Slopes, Slopes]:
    """By how much the covariates' means of treatment and of control exceed those of both."""
    p_t, p_c = _shares(pair)
    gaps = [t - c for t, c in zip(_covariates(pair.treatment).means, _covariates(pair.control).means, strict=True)]
    return tuple(p_c * gap for gap in gaps), tuple(-p_t * gap for gap in gaps)


def _contributions(pair: StratumPair, of_treatment: Slopes, of_control: Slopes) -> tuple[Contribution, Contribution]:
    p_t, p_c = _shares(pair)
    own, other, shared = _parts(pair.treatment, p_c, of_treatment, p_t, of_control, pair.weight)
    first = Contribution(own, other, shared, pair.treatment.degrees_of_freedom)
    own, other, shared = _parts(pair.control, p_t, of_control, p_c, of_treatment, pair.weight)
    return first, Contribution(other, own, shared, pair.control.degrees_of_freedom)


def _parts(
    sample: SampleSummary, other_share: Real, own_slopes: Slopes, own_share: Real, other_slopes: Slopes, weight: Real
) -> tuple[Real, Real, Real]:
    """What a sample adds to the variance of its own arm's mean, of the other arm's mean, and to their covariance."""
    x = _covariates(sample)
    through_own = tuple(other_share * slope for slope in own_slopes)
    through_other = tuple(own_share * slope for slope in other_slopes)
    own = sample.variance - 2 * _linear(through_own, x.with_outcome) + _quadratic(through_own, through_own, x)
    shared = _linear(through_other, x.with_outcome) - _quadratic(through_own, through_other, x)
    scale = square(weight)
    return (
        scale * of_mean(own, sample),
        scale * of_mean(_quadratic(through_other, through_other, x), sample),
        scale * of_mean(shared, sample),
    )


def _linear(slopes: Sequence[Real], values: Sequence[Real]) -> Real:
    return added(slope * value for slope, value in zip(slopes, values, strict=True))


def _quadratic(left: Slopes, right: Slopes, x: Covariates) -> Real:
    """`left' cov(x, x) right`."""
    size = len(left)
    return added(
        left[i] * right[j] * x.covariances[triangle(size, min(i, j), max(i, j))]
        for i in range(size)
        for j in range(size)
    )


def _covariates(sample: SampleSummary) -> Covariates:
    if sample.covariates is None:
        raise ValueError("an adjustment needs samples summarised with their covariates")
    return sample.covariates
