"""Post-stratification: effects within strata, combined with the strata's shares of all units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.moments import Exact, Moments, Real, at_least_one, rounded, square
from impact_pipeline.stats.two_means import Contribution, TwoMeans, added


@dataclass(frozen=True, slots=True)
class Covariates:
    """Of k pre-exposure covariates in one sample: means, covariances (upper triangle), covariances with the outcome."""

    means: tuple[Real, ...]
    covariances: tuple[Real, ...]
    with_outcome: tuple[Real, ...]


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """Mean and sample variance of an outcome over n units; floats, or arrays of many groups at once."""

    n: Real
    mean: Real
    variance: Real
    covariates: Covariates | None = None

    @property
    def degrees_of_freedom(self) -> Real:
        """n - 1, or 1 where there are fewer units: such a sample has no weight."""
        return np.maximum(self.n - 1, 1.0)


@dataclass(frozen=True, slots=True)
class StratumPair:
    """Treatment and control of one stratum; `weight` is the stratum's share of all units (weights add up to 1)."""

    weight: Real
    treatment: SampleSummary
    control: SampleSummary


def summarise(moments: Moments, outcome: str = "y", *, covariates: bool = False, index: int = 0) -> SampleSummary:
    """The summary of one sample's 'y' (or 'd', or the covariate 'x' of that index), with or without its covariates.

    >>> summarise(Moments(n=3, y=6, yy=14))
    SampleSummary(n=3.0, mean=2.0, variance=1.0, covariates=None)
    """
    mean = moments.mean(outcome, index)
    variance = moments.covariance(outcome, outcome, (index, index))
    known = covariates_of(moments, outcome) if covariates else None
    return SampleSummary(moments.units, mean, variance, known)


def covariates_of(moments: Moments, outcome: str) -> Covariates:
    """Means and covariances of all covariates of one sample."""
    places = range(moments.covariates)
    return Covariates(
        tuple(moments.mean("x", i) for i in places),
        tuple(moments.covariance("x", "x", (i, j)) for i in places for j in places if i <= j),
        tuple(moments.covariance(outcome, "x", (0, i)) for i in places),
    )


def unit_weights(units: Sequence[Exact | Real]) -> tuple[Real, ...]:
    """Each stratum's share of all units; 0 where there are none.

    >>> unit_weights([1, 3])
    (0.25, 0.75)
    """
    counts = [rounded(count) for count in units]
    total = at_least_one(added(counts))
    return tuple(count / total for count in counts)


def post_stratified(pairs: Sequence[StratumPair]) -> TwoMeans:
    """The two means every unit would have had: `sum of w_k mean_ak`, variance `sum of w_k^2 s_ak^2 / n_ak`.

    Assumes that arms are randomised within strata, so shares of arms may differ between strata. With one stratum of
    weight 1 this is the two-sample problem of Welch. Miratrix, Sekhon, Yu (2013), JRSS B 75.

    >>> friday = StratumPair(1 / 3, summarise(Moments(4, 4, 6)), summarise(Moments(20, 10, 10)))
    >>> saturday = StratumPair(2 / 3, summarise(Moments(10, 4, 4)), summarise(Moments(10, 3, 3)))
    >>> means = post_stratified([friday, saturday])
    >>> round(means.treatment - means.control - (0.5 / 3 + 0.1 * 2 / 3), 12)
    0.0
    """
    treatment = added(pair.weight * pair.treatment.mean for pair in pairs)
    control = added(pair.weight * pair.control.mean for pair in pairs)
    parts = [part for pair in pairs for part in (_of_treatment(pair), _of_control(pair))]
    return TwoMeans(treatment, control, tuple(parts))


def _of_treatment(pair: StratumPair) -> Contribution:
    sample = pair.treatment
    return Contribution(square(pair.weight) * of_mean(sample.variance, sample), 0.0, 0.0, sample.degrees_of_freedom)


def _of_control(pair: StratumPair) -> Contribution:
    sample = pair.control
    return Contribution(0.0, square(pair.weight) * of_mean(sample.variance, sample), 0.0, sample.degrees_of_freedom)


def of_mean(variance: Real, sample: SampleSummary) -> Real:
    """The variance of a sample's mean, from that of its units."""
    return variance / np.maximum(sample.n, 1.0)
