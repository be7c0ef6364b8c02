"""Do effects differ between groups? Estimates of independent groups: a test, contrasts, and each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, inf

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.multiplicity import bonferroni, simultaneous_level

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its standard error; infinite degrees of freedom where it is taken as normal."""

    value: float
    std_error: float
    degrees_of_freedom: float = inf


@dataclass(frozen=True, slots=True)
class TTest:
    """An estimate with its two-sided interval, and the p-value against 0 from the same method."""

    value: float
    std_error: float
    degrees_of_freedom: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Cochran's Q; `i_squared` is the share (0..1) of the spread of estimates that is not their standard error."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    i_squared: float


@dataclass(frozen=True, slots=True)
class TooFewEstimates:
    """Why estimates cannot be compared or combined."""

    detail: str


def heterogeneity(values: Sequence[float], std_errors: Sequence[float]) -> Heterogeneity | TooFewEstimates:
    """Tests that all groups share one effect: `Q = sum of (value - mean)^2 / se^2`, chi-square with k - 1 degrees.

    The mean weighs each group by `1 / se^2`. Assumes independent estimates, normal with known standard errors: rejects
    too often where groups have few units. `i_squared = max(0, (Q - (k - 1)) / Q)`.
    Cochran (1954), Biometrics 10; Higgins, Thompson (2002), Statistics in Medicine 21.

    >>> found = heterogeneity([1.0, 3.0, 2.0], [0.5, 0.5, 0.5])
    >>> found.statistic, round(found.p_value, 4), found.i_squared
    (8.0, 0.0183, 0.75)
    """
    from scipy.special import chdtrc

    effects, variances = as_arrays(values, std_errors)
    degrees = len(effects) - 1
    if degrees < 1:
        return TooFewEstimates(f"a comparison needs 2 groups at least, found {len(effects)}")
    statistic = weighted_squares(effects, variances)
    share = max(0.0, 1 - degrees / statistic) if statistic else 0.0
    return Heterogeneity(statistic, degrees, float(chdtrc(degrees, statistic)), share)


def effect_difference(first: Effect, second: Effect) -> Effect:
    """`first - second` of independent estimates: the interaction of the effect with what tells the two apart.

    `se = sqrt(se_1^2 + se_2^2)`, which must be above 0, with Satterthwaite's degrees of freedom
    `se^4 / sum of (se_i^4 / f_i)`. Satterthwaite (1946), Biometrics Bulletin 2.

    >>> effect_difference(Effect(5.0, 3.0), Effect(-3.0, 4.0))
    Effect(value=8.0, std_error=5.0, degrees_of_freedom=inf)
    """
    std_error = hypot(first.std_error, second.std_error)
    inverse = sum((part.std_error / std_error) ** 4 / part.degrees_of_freedom for part in (first, second))
    return Effect(first.value - second.value, std_error, 1 / inverse if inverse else inf)


def t_test(effect: Effect, level: float) -> TTest:
    """An estimate's t interval and p-value; needs a standard error above 0.

    >>> found = t_test(Effect(2.0, 1.0, 10), 0.95)
    >>> round(found.lower, 3), round(found.upper, 3), round(found.p_value, 3)
    (-0.228, 4.228, 0.073)
    """
    from scipy.special import stdtr, stdtrit

    degrees = effect.degrees_of_freedom
    half_width = float(stdtrit(degrees, (1 + level) / 2)) * effect.std_error
    p_value = 2 * float(stdtr(degrees, -abs(effect.value) / effect.std_error))
    bounds = effect.value - half_width, effect.value + half_width
    return TTest(effect.value, effect.std_error, degrees, *bounds, p_value)


def group_effects(effects: Sequence[Effect], level: float) -> tuple[TTest, ...]:
    """Each group's effect with intervals that all cover at once with probability `level`, in the order given.

    Bonferroni: each interval has level `1 - (1 - level) / m`, each p-value is multiplied by m, so that an interval
    leaves out 0 exactly where its p-value is below `1 - level`.

    >>> found = group_effects([Effect(3.0, 1.0), Effect(1.0, 1.0)], 0.95)
    >>> [(round(group.lower, 3), round(group.p_value, 4)) for group in found]
    [(0.759, 0.0054), (-1.241, 0.6346)]
    """
    single = [t_test(effect, simultaneous_level(1 - level, len(effects))) for effect in effects]
    adjusted = bonferroni([group.p_value for group in single])
    return tuple(replace(group, p_value=p_value) for group, p_value in zip(single, adjusted, strict=True))


def worst_group(groups: Sequence[TTest], *, higher_is_better: bool) -> int:
    """Position of the group where the effect may be worst: by lowest lower bound, or highest upper if lower is better.

    With simultaneous intervals no group's effect is worse than that bound, at their level. A small group can be worst
    because little is known of it; compare its value. Needs a group.

    >>> worst_group(group_effects([Effect(3.0, 1.0), Effect(1.0, 1.0)], 0.95), higher_is_better=True)
    1
    """
    worst = [-group.lower if higher_is_better else group.upper for group in groups]
    return worst.index(max(worst))


def as_arrays(values: Sequence[float], std_errors: Sequence[float]) -> tuple[Floats, Floats]:
    """Values and variances (squared standard errors) of estimates, as many of one as of the other.

    >>> as_arrays([1.0, 2.0], [0.5, 3.0])
    (array([1., 2.]), array([0.25, 9.  ]))
    """
    effects, errors = np.asarray(values, dtype=np.float64), np.asarray(std_errors, dtype=np.float64)
    if effects.shape != errors.shape or effects.ndim != 1:
        raise ValueError(f"{effects.size} estimates have {errors.size} standard errors")
    if not (np.isfinite(effects).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("estimates must be finite and their standard errors above 0")
    return effects, errors**2


def weighted_squares(effects: Floats, variances: Floats, mean: float | None = None) -> float:
    """`sum of (effect - mean)^2 / variance`, around the weighted mean where none is given.

    >>> weighted_squares(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    2.0
    """
    centre = np.average(effects, weights=1 / variances) if mean is None else mean
    return float(np.sum((effects - centre) ** 2 / variances))
