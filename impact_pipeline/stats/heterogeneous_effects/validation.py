"""Whether predicted effects are more than noise, asked of units that the prediction did not see.

Folds are taken one after the other: a model fitted on those before a fold is read on it. Errors of one fold's reading
are then independent of those before, which those of crossed halves are not: a chance pattern that pleases both halves
would count twice (Wager 2024, arXiv 2405.05534).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.heterogeneous_effects.unit_effects import EffectLearner
from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import std_error
from impact_pipeline.stats.samples.cross_section import Places

GROUPS = 5
SMALLEST_SPREAD = 1e-12
"""Of predicted effects, relative to that of the signals; below it they are all the same."""
LEAST_LEFT = 1e-10
"""Of a residual's variance, where a unit decides the slope by itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An average and its standard error over the folds that were read."""

    value: float
    std_error: float


@dataclass(frozen=True, slots=True)
class TargetingPoint:
    """`gain` is the mean effect of the units predicted to gain most, a `share` of all, less that of all units."""

    share: float
    gain: Reading


@dataclass(frozen=True, slots=True)
class Validation:
    """What held-out units say of predicted effects.

    `slope` of signals on predictions is 1 where these are calibrated, and 0 where they are noise; `statistic` is
    standard normal without heterogeneity, and `p_value` one-sided. `groups` are mean effects of a fold's fifths by
    predicted effect, least first (GATES); `spread` is that of the last less that of the first. `targeting` is the area
    under the curve of `curve` (AUTOC; Yadlowsky, Fleming, Shah, Brunskill, Wager 2025, JASA 120).
    """

    slope: float
    statistic: float
    p_value: float
    groups: tuple[Reading, ...]
    spread: Reading
    targeting: Reading
    curve: tuple[TargetingPoint, ...]


@dataclass(frozen=True, eq=False)
class Fold:
    """Units of one fold in the order of their predicted effects, least first."""

    predicted: Array
    signal: Array
    cluster: Places | None

    def mean(self, weights: Array) -> Reading:
        """`mean of w signal` with weights that add up to 0 or to n, and its error."""
        moved = weights * (self.signal - self.signal.mean())
        return Reading(float(np.mean(weights * self.signal)), self._error(moved - moved.mean()))

    def fifths(self) -> list[Reading]:
        """Mean signals of the units' fifths, and of the last less the first."""
        place, n = np.arange(len(self.signal)) * GROUPS // len(self.signal), len(self.signal)
        own = [place == group for group in range(GROUPS)]
        means, counts = [float(self.signal[rows].mean()) for rows in own], [int(rows.sum()) for rows in own]
        scales = [n / count * np.sqrt(count / max(count - 1, 1) if self.cluster is None else 1) for count in counts]
        moved = [
            scale * np.where(rows, self.signal - mean, 0.0)
            for scale, rows, mean in zip(scales, own, means, strict=True)
        ]
        spread = Reading(means[-1] - means[0], self._error(moved[-1] - moved[0]))
        return [*(Reading(mean, self._error(one)) for mean, one in zip(means, moved, strict=True)), spread]

    def slope(self) -> tuple[float, float, Reading]:
        """Covariance and variance of predictions with signals, and the slope of least squares: HC2, or by cluster."""
        x, y = self.predicted - self.predicted.mean(), self.signal - self.signal.mean()
        spread, shared = float(np.mean(x**2)), float(np.mean(x * y))
        if np.sqrt(spread) <= SMALLEST_SPREAD * max(float(np.std(y)), np.finfo(float).tiny):
            return 0.0, 0.0, Reading(0.0, np.inf)
        slope = shared / spread
        leverage = (1 + x**2 / spread) / len(x) if self.cluster is None else 0.0
        left = (y - slope * x) / np.sqrt(np.maximum(1 - leverage, LEAST_LEFT))
        return shared, spread, Reading(slope, self._error(x * left / spread))

    @property
    def statistic(self) -> float:
        """The slope in standard errors as a standard normal number: of Student's t, the one with the same tail."""
        from scipy.special import ndtri, stdtr

        _, _, slope = self.slope()
        t = slope.value / max(slope.std_error, SMALLEST_SPREAD * abs(slope.value), np.finfo(float).tiny)
        units = len(self.signal) - 1 if self.cluster is None else len(np.unique(self.cluster))
        tail = max(float(stdtr(units - 1, -abs(t))), np.finfo(float).tiny)
        return float(-np.sign(t) * ndtri(tail))

    def _error(self, influence: Array) -> float:
        return std_error(influence, self.cluster)


def validated(
    x: Array, signal: Array, fold: Places, fit: EffectLearner, rng: np.random.Generator, cluster: Places | None = None
) -> Validation:
    """Read every fold but the first by the model of those before it; ties of predicted effects are broken at random.

    Signals are those of cross-fitted models. Chernozhukov, Demirer, Duflo, Fernandez-Val (2025), Econometrica 93, of
    slope and groups.

    >>> from impact_pipeline.stats.heterogeneous_effects.unit_effects import doubly_robust_learner
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 1))
    >>> signal = x[:, 0] + rng.normal(size=1000)
    >>> found = validated(x, signal, np.arange(1000) % 5, doubly_robust_learner(x, signal, "linear", 0), rng)
    >>> round(found.slope, 1), found.p_value < 0.001, found.groups[0].value < 0 < found.groups[4].value
    (1.0, True, True)
    """
    folds = tuple(_folds(x, signal, fold, fit, rng, cluster))
    slopes = [own.slope() for own in folds]
    spread = sum(variance for _, variance, _ in slopes)
    statistic = sum(own.statistic for own in folds) / np.sqrt(len(folds))
    groups = [averaged(readings) for readings in zip(*(own.fifths() for own in folds), strict=True)]
    curve = [(share, [own.mean(_top(len(own.signal), share)) for own in folds]) for share in np.arange(1, 11) / 10]
    return Validation(
        slope=float(sum(shared for shared, _, _ in slopes) / spread) if spread > 0 else 0.0,
        statistic=float(statistic),
        p_value=float(upper_tail(float(statistic), np.inf)),
        groups=tuple(groups[:-1]),
        spread=groups[-1],
        targeting=averaged([own.mean(_rank_weights(len(own.signal))) for own in folds]),
        curve=tuple(TargetingPoint(float(share), averaged(readings)) for share, readings in curve),
    )


def averaged(readings: Sequence[Reading]) -> Reading:
    """Of independent readings of equal size.

    >>> averaged([Reading(1.0, 0.3), Reading(2.0, 0.4)])
    Reading(value=1.5, std_error=0.25)
    """
    errors = np.array([own.std_error for own in readings])
    value = float(np.mean([own.value for own in readings]))
    return Reading(value, float(np.sqrt(np.sum(errors**2))) / len(readings))


def _folds(
    x: Array, signal: Array, fold: Places, fit: EffectLearner, rng: np.random.Generator, cluster: Places | None
) -> Iterator[Fold]:
    for number in range(1, int(fold.max()) + 1):
        rows = np.flatnonzero(fold == number)
        predicted = fit(fold < number)(x[rows]).effects
        order = np.lexsort((rng.random(len(rows)), predicted))
        own = None if cluster is None else cluster[rows][order]
        yield Fold(predicted[order], signal[rows][order], own)


def _top(n: int, share: float) -> Array:
    """Weights of the gain of the top share over all: n / m for its m units, less 1 for all."""
    count = max(int(np.ceil(share * n - 1e-9)), 1)
    return np.where(np.arange(n) >= n - count, n / count, 0.0) - 1


def _rank_weights(n: int) -> Array:
    """Weights of the mean gain over all shares 1 / n .. 1: at place r from the top the sum of 1 / j over j >= r, -1."""
    return np.cumsum(1 / np.arange(n, 0, -1)) - 1
