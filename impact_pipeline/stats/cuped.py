"""CUPED: less variance from what was known about units before exposure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from impact_pipeline.stats.stratified import Covariate, SampleSummary, StratumPair
from impact_pipeline.stats.two_means import ZERO, Contribution, TwoMeans


def theta(pairs: Sequence[StratumPair]) -> Fraction | None:
    """Slope of the outcome on the covariate, pooled within arms and strata; None where the covariate never varies.

    `sum of (n - 1) cov(y, x) / sum of (n - 1) var(x)` over all samples: differences between arms do not enter it.
    """
    samples = [sample for pair in pairs for sample in (pair.treatment, pair.control)]
    across = sum(((sample.n - 1) * _covariate(sample).covariance for sample in samples), ZERO)
    spread = sum(((sample.n - 1) * _covariate(sample).variance for sample in samples), ZERO)
    return across / spread if spread else None


def adjusted(pairs: Sequence[StratumPair], slope: Fraction) -> TwoMeans:
    """Adjusted means `y_a - theta (x_a - x)`, where x is the covariate mean over both arms, `p_t x_t + p_c x_c`.

    The difference is `y_t - y_c - theta (x_t - x_c)` with the variances of `y - theta x`. Each adjusted mean by itself
    also varies with x, which both share: with p_t and p_c the arms' shares of the units, sample t gives the treatment
    mean `var(y - theta p_c x) / n_t`, the control mean `theta^2 p_t^2 var(x) / n_t`, and both the covariance
    `theta p_t (cov(y, x) - theta p_c var(x)) / n_t`; sample c likewise. The lift's interval needs all three.

    Assumes a covariate fixed before exposure; takes theta as known (an error of order 1 / n in the variance).
    Deng, Xu, Kohavi, Walker (2013), WSDM. For ratios y is linearised first: Deng, Knoblich, Lu
    (2018), KDD.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import summarise
    >>> arm = Moments(n=4, y=10, yy=30, x=8, xx=20, xy=24)
    >>> pair = StratumPair(Fraction(1), summarise(arm, covariate=True), summarise(arm, covariate=True))
    >>> means = adjusted([pair], theta([pair]))
    >>> means.treatment, means.variance()
    (Fraction(5, 2), Fraction(1, 6))
    """
    treatment = sum(
        (pair.weight * (pair.treatment.mean - slope * _excess(pair.treatment, pair)) for pair in pairs), ZERO
    )
    control = sum((pair.weight * (pair.control.mean - slope * _excess(pair.control, pair)) for pair in pairs), ZERO)
    parts = [part for pair in pairs for part in (_of_treatment(pair, slope), _of_control(pair, slope))]
    return TwoMeans(treatment, control, tuple(parts))


def _excess(sample: SampleSummary, pair: StratumPair) -> Fraction:
    """By how much the sample's covariate mean exceeds that of both arms."""
    share = Fraction(pair.treatment.n, pair.treatment.n + pair.control.n)
    both = share * _covariate(pair.treatment).mean + (1 - share) * _covariate(pair.control).mean
    return _covariate(sample).mean - both


def _of_treatment(pair: StratumPair, slope: Fraction) -> Contribution:
    own, other, shared = _parts(pair.treatment, pair.control.n, slope, pair.weight)
    return Contribution(own, other, shared, pair.treatment.n - 1)


def _of_control(pair: StratumPair, slope: Fraction) -> Contribution:
    own, other, shared = _parts(pair.control, pair.treatment.n, slope, pair.weight)
    return Contribution(other, own, shared, pair.control.n - 1)


def _parts(
    sample: SampleSummary, other_n: int, slope: Fraction, weight: Fraction
) -> tuple[Fraction, Fraction, Fraction]:
    """What a sample adds to the variance of its own arm's mean, of the other arm's mean, and to their covariance."""
    x = _covariate(sample)
    own_share = Fraction(sample.n, sample.n + other_n)
    through_own, through_other = slope * (1 - own_share), slope * own_share
    own = sample.variance - 2 * through_own * x.covariance + through_own**2 * x.variance
    shared = through_other * (x.covariance - through_own * x.variance)
    scale = weight**2 / sample.n
    return scale * own, scale * through_other**2 * x.variance, scale * shared


def _covariate(sample: SampleSummary) -> Covariate:
    if sample.covariate is None:
        raise ValueError("CUPED needs samples summarised with their covariate")
    return sample.covariate
