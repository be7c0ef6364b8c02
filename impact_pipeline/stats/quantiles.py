"""Quantiles of one arm and the difference of two, from exact distributions, with errors over randomised units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.buckets import Ties, bucket_width, value_within
from impact_pipeline.stats.distribution import Distribution

Weighted = Sequence[tuple[float, Distribution]]
"""One arm's strata: each stratum's share of all units, and the arm's distribution in it."""

ROUNDING = 1e-12
"""What the sum of weighted shares may miss a probability by and still be that probability."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile, its standard error, Woodruff's interval (which need not be symmetric) and the units behind it."""

    value: float
    std_error: float
    lower: float
    upper: float
    n: int

    @property
    def variance(self) -> float:
        """Variance of the estimated quantile."""
        return self.std_error**2


@dataclass(frozen=True, slots=True)
class NoQuantile:
    """Why there is no quantile with an error. Of `tied_values`, it may help to say that ties are rounded."""

    reason: Literal["too_few_units", "no_events", "zero_variance", "beyond_the_data", "tied_values"]
    detail: str


@dataclass(frozen=True, slots=True)
class QuantileDifference:
    """`treatment - control` with its two-sided normal interval, and the p-value against 0 of the same method."""

    value: float
    std_error: float
    lower: float
    upper: float
    p_value: float


def quantile_of(
    strata: Weighted, probability: float, level: float, *, ties: Ties = "discrete", critical_value: float | None = None
) -> Quantile | NoQuantile:
    """The quantile of one arm's post-stratified distribution, with Woodruff's error.

    `F = sum of w_k I_k / n_k over sum of w_k N_k / n_k`: the share of events at or below a value were every unit in the
    arm. With `se` the standard error of F at the quantile (see `_share_error`) and z the critical value, the interval
    is `Q(p - z se) .. Q(p + z se)`, and the quantile's standard error that interval's length over 2 z; no density is
    estimated. z is the normal quantile of the level unless given (a t quantile, where units are few): a smaller z would
    rest on fewer values, and the error vary more. In a thinning tail it errs upward until some 50 units lie beyond the
    quantile. Assumes independent units, enough of them for F to be about normal.
    Woodruff (1952), JASA 47; Deng, Knoblich, Lu (2018), KDD, section 4.

    >>> spent = Distribution.from_events(range(200), [7 * i for i in range(200)], digits=4)
    >>> found = quantile_of([(1.0, spent)], 0.5, 0.95)
    >>> found.value, found.lower, found.upper, round(found.std_error, 1)
    (693.0, 602.0, 791.0, 48.2)
    """
    if (refused := _without_error(strata)) is not None:
        return refused
    z = float(critical_value or normal_quantile((1 + level) / 2))
    curve = _curve(strata, ties)
    if len(curve.buckets) == 1:
        return NoQuantile("zero_variance", "all values are in one bucket; a quantile has no uncertainty")
    error = _share_error(curve, probability)
    return _beyond(curve, probability, z * error, level) or _bracketed(curve, probability, error, z)


def difference(treatment: Quantile, control: Quantile, level: float) -> QuantileDifference:
    """Difference of two independent quantiles: `d +- z sqrt(v_t + v_c)`, and the p-value of `d / sqrt(v_t + v_c)`.

    >>> found = difference(Quantile(12, 0.3, 11, 13, 90), Quantile(11, 0.4, 10, 12, 90), 0.95)
    >>> found.value, found.std_error, round(found.lower, 2), round(found.upper, 2), round(found.p_value, 4)
    (1, 0.5, 0.02, 1.98, 0.0455)
    """
    from scipy.special import ndtr

    value, error = treatment.value - control.value, sqrt(treatment.variance + control.variance)
    half_width = normal_quantile((1 + level) / 2) * error
    return QuantileDifference(
        value, error, value - half_width, value + half_width, 2 * float(ndtr(-abs(value) / error))
    )


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


@dataclass(frozen=True, slots=True)
class _Curve:
    """An arm's weighted distribution at each cut, the first below all buckets: by stratum, `sums` of I_i, of I_i^2 and
    of I_i N_i, and of all strata the `shares` of events.
    """

    strata: Weighted
    ties: Ties
    buckets: NDArray[np.int64]
    sums: NDArray[np.float64]
    shares: NDArray[np.float64]
    per_unit: float

    @property
    def digits(self) -> int:
        return self.strata[0][1].digits

    def located(self, probability: float) -> tuple[int, float]:
        """The index of the bucket a quantile is in, and where in it: 0..1 of its events, 1 where it is one value."""
        index = int(np.searchsorted(self.shares[1:-1], probability - ROUNDING))
        if self.exact(index):
            return index, 1.0
        below, upto = self.shares[index : index + 2]
        return index, float(min(1.0, (probability - below) / (upto - below)))

    def exact(self, index: int) -> bool:
        """Whether the bucket stands for one value."""
        return self.ties == "discrete" and bucket_width(int(self.buckets[index]), self.digits) == 1

    def value(self, index: int, position: float) -> float:
        scale = self.strata[0][1].scale
        return value_within(int(self.buckets[index]), self.digits, position, self.ties) / float(10**scale)


def _without_error(strata: Weighted) -> NoQuantile | None:
    fewest = min(part.n for _, part in strata)
    if fewest < 2:
        return NoQuantile(
            "too_few_units", f"units: {fewest}, in the whole arm or one stratum of it; a variance needs 2"
        )
    if not any(weight and part.d for weight, part in strata):
        return NoQuantile("no_events", "no unit has an event, so there are no values")
    return None


def _curve(strata: Weighted, ties: Ties) -> _Curve:
    parts = [part for _, part in strata]
    if len({(part.digits, part.scale) for part in parts}) > 1:
        raise ValueError("strata of one arm are in buckets of the same digits and scale")
    names = parts[0].buckets if len(parts) == 1 else np.unique(np.concatenate([part.buckets for part in parts]))
    sums = np.stack([_cumulative(part, names) for part in parts])
    rates = np.array([weight / part.n for weight, part in strata])
    per_unit = float(rates @ [float(part.d) for part in parts])
    return _Curve(strata, ties, names, sums, rates @ sums[:, 0] / per_unit, per_unit)


def _cumulative(part: Distribution, names: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of I_i, I_i^2 and I_i N_i at the cut below all buckets and at each of these."""
    at = np.concatenate([[0], np.searchsorted(part.buckets, names, side="right")])
    columns = (part.counts, part.squares, part.products)
    return np.stack([np.concatenate([[0], np.cumsum(column)])[at].astype(np.float64) for column in columns])


def _share_error(curve: _Curve, probability: float) -> float:
    """Standard error of F at a quantile: `sqrt(sum of w_k^2 s_k^2 / n_k) / Nbar`.

    s_k^2 is the sample variance within stratum k of `I_i - F N_i`, Nbar the weighted mean of N_i. With one event a unit
    this is `sum of w_k^2 F_k (1 - F_k) / (n_k - 1)`, with one stratum the delta method. Inside a wider bucket the sums
    are interpolated as the quantile is.
    """
    index, position = curve.located(probability)
    share = float(curve.shares[index] * (1 - position) + curve.shares[index + 1] * position)
    total = 0.0
    for (weight, part), sums in zip(curve.strata, curve.sums, strict=True):
        at, squares, products = (float(s[index] * (1 - position) + s[index + 1] * position) for s in sums)
        spread = squares - 2 * share * products + share**2 * part.dd - (at - share * part.d) ** 2 / part.n
        total += weight**2 * max(0.0, spread) / (part.n * (part.n - 1))
    return sqrt(total) / curve.per_unit


def _beyond(curve: _Curve, probability: float, margin: float, level: float) -> NoQuantile | None:
    if margin < min(probability, 1 - probability):
        return None
    n = sum(part.n for _, part in curve.strata)
    return NoQuantile(
        "beyond_the_data",
        f"{n} units are too few for the quantile at {probability:g}: its interval at level {level:g} needs values at "
        f"shares of {probability - margin:.4f} and {probability + margin:.4f}",
    )


def _bracketed(curve: _Curve, probability: float, error: float, z: float) -> Quantile | NoQuantile:
    index, position = curve.located(probability)
    value = curve.value(index, position)
    lower, upper = (curve.value(*curve.located(probability + side * z * error)) for side in (-1, 1))
    if lower == upper:
        return NoQuantile("zero_variance", f"the quantile's whole interval is the one value {value:g}")
    tied = float(curve.shares[index + 1] - curve.shares[index])
    if curve.exact(index) and tied > error:
        return NoQuantile(
            "tied_values",
            f"{100 * tied:.2f} % of values are exactly {value:g}, more than the {100 * error:.2f} % that the share at "
            "or below it is uncertain by: the quantile jumps between few values and has no normal error",
        )
    return Quantile(value, (upper - lower) / (2 * z), lower, upper, sum(part.n for _, part in curve.strata))
