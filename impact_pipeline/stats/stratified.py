"""Post-stratification: effects within strata, combined with the strata's shares of all units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.two_means import ZERO, Contribution, TwoMeans, added, scaled


@dataclass(frozen=True, slots=True)
class Covariate:
    """Of a pre-exposure covariate in one sample: its mean, variance and covariance with the outcome."""

    mean: Fraction
    variance: Fraction
    covariance: Fraction


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """Mean and sample variance of an outcome over n >= 2 units, exact."""

    n: int
    mean: Fraction
    variance: Fraction
    covariate: Covariate | None = None


@dataclass(frozen=True, slots=True)
class StratumPair:
    """Treatment and control of one stratum; `weight` is the stratum's share of all units (weights add up to 1)."""

    weight: Fraction
    treatment: SampleSummary
    control: SampleSummary


def summarise(moments: Moments, outcome: str = "y", *, covariate: bool = False) -> SampleSummary:
    """The summary of one sample's 'y' (or 'x', 'd'), with or without its covariate 'x'; needs n >= 2.

    >>> summarise(Moments(n=3, y=6, yy=14))
    SampleSummary(n=3, mean=Fraction(2, 1), variance=Fraction(1, 1), covariate=None)
    """
    x = (
        Covariate(moments.mean("x"), moments.covariance("x", "x"), moments.covariance(outcome, "x"))
        if covariate
        else None
    )
    return SampleSummary(moments.n, moments.mean(outcome), moments.covariance(outcome, outcome), x)


def unit_weights(units: Sequence[int]) -> tuple[Fraction, ...]:
    """Each stratum's share of all units."""
    total = sum(units)
    return tuple(Fraction(count, total) for count in units)


def post_stratified(pairs: Sequence[StratumPair]) -> TwoMeans:
    """The two means every unit would have had: `sum of w_k mean_ak`, variance `sum of w_k^2 s_ak^2 / n_ak`.

    Assumes that arms are randomised within strata, so shares of arms may differ between strata. With one stratum of
    weight 1 this is the two-sample problem of Welch. Miratrix, Sekhon, Yu (2013), JRSS B 75.

    >>> friday = StratumPair(Fraction(1, 3), summarise(Moments(4, 4, 6)), summarise(Moments(20, 10, 10)))
    >>> saturday = StratumPair(Fraction(2, 3), summarise(Moments(10, 4, 4)), summarise(Moments(10, 3, 3)))
    >>> means = post_stratified([friday, saturday])
    >>> means.treatment - means.control == Fraction(1, 3) * Fraction(1, 2) + Fraction(2, 3) * Fraction(1, 10)
    True
    """
    treatment = added([scaled(pair.weight, pair.treatment.mean) for pair in pairs])
    control = added([scaled(pair.weight, pair.control.mean) for pair in pairs])
    parts = [part for pair in pairs for part in (_of_treatment(pair), _of_control(pair))]
    return TwoMeans(treatment, control, tuple(parts))


def _of_treatment(pair: StratumPair) -> Contribution:
    sample = pair.treatment
    return Contribution(scaled(pair.weight, scaled(pair.weight, sample.variance)) / sample.n, ZERO, ZERO, sample.n - 1)


def _of_control(pair: StratumPair) -> Contribution:
    sample = pair.control
    return Contribution(ZERO, scaled(pair.weight, scaled(pair.weight, sample.variance)) / sample.n, ZERO, sample.n - 1)
