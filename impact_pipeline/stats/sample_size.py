"""How many units find an effect, what a number of units finds, and how surely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from impact_pipeline.stats.comparison import Comparison
from impact_pipeline.stats.power import NoPlan, Sides, critical_value_of, noncentrality, power_of

LARGEST = 1e15
"""Units beyond which no study is planned."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """When a test rejects: beyond alpha's critical value, or beyond the one given (of a confidence sequence, say).

    `student` reads Welch's degrees of freedom, without which the test is normal. Two-sided tests find an effect in
    either direction; for one-sided tests an effect above 0 lies in the tested direction.
    """

    alpha: float = 0.05
    sides: Sides = 2
    critical_value: float | None = None
    student: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha is {self.alpha:g}; it lies between 0 and 1")

    def threshold(self, df: float | None) -> float:
        return critical_value_of(self.alpha, self.sides, df) if self.critical_value is None else self.critical_value


WELCH = Rejection()


def power_at(units: float, effect: float, comparison: Comparison, rejection: Rejection = WELCH) -> float:
    """Chance to find the effect with this many units in the whole study.

    >>> round(power_at(40, 1.0, Comparison(1.0, 1.0)), 4)
    0.869
    """
    df, threshold = _test(units, comparison, rejection)
    return power_of(effect, comparison.std_error(units), sides=rejection.sides, df=df, critical_value=threshold)


def minimal_effect_at(
    units: float, comparison: Comparison, power: float = 0.8, rejection: Rejection = WELCH
) -> float | NoPlan:
    """The least effect found with this power, counted from the null, in units of the mean.

    >>> round(minimal_effect_at(10_000, Comparison(4.0, 4.0)), 4)
    0.1121
    """
    if (refused := _refused(units, comparison)) is not None:
        return refused
    df, threshold = _test(units, comparison, rejection)
    return noncentrality(power, threshold, rejection.sides, df) * comparison.std_error(units)


def minimal_lift_at(
    units: float, comparison: Comparison, control_mean: float, power: float = 0.8, rejection: Rejection = WELCH
) -> float | NoPlan:
    """The least true lift found with this power: `multiple - 1 + effect / control mean`.

    With a multiple of 1 it is tested against no lift, as `intervals.lift` does (its interval leaves out 0 exactly where
    the difference is significant); with `1 - margin` and one side, against a relative margin.

    >>> round(minimal_lift_at(10_000, Comparison(4.0, 4.0), control_mean=2.0), 4)
    0.056
    """
    if control_mean <= 0:
        return NoPlan("the control mean is not above 0")
    effect = minimal_effect_at(units, comparison, power, rejection)
    return effect if isinstance(effect, NoPlan) else comparison.multiple - 1 + effect / control_mean


def minimal_effect_where(
    units: float,
    comparison_at: Callable[[float], Comparison],
    largest: float,
    power: float = 0.8,
    rejection: Rejection = WELCH,
) -> float | NoPlan:
    """The least effect up to `largest` found with this power, where the effect changes the variances.

    >>> from impact_pipeline.stats.comparison import proportions
    >>> found = minimal_effect_where(10_000, lambda effect: proportions(0.1 + effect, 0.1), largest=0.5)
    >>> round(found, 4)
    0.0174
    """
    from scipy.optimize import brentq

    def shortfall(effect: float) -> float:
        return power - power_at(units, effect, comparison_at(effect), rejection)

    if (refused := _refused(units, comparison_at(0.0))) is not None:
        return refused
    if shortfall(largest) > 0:
        return NoPlan(f"even an effect of {largest:g} is found with a power of only {power - shortfall(largest):.3f}")
    return float(brentq(shortfall, 0.0, largest, xtol=1e-14, rtol=1e-12))


def units_needed(
    effect: float, comparison: Comparison, power: float = 0.8, rejection: Rejection = WELCH
) -> float | NoPlan:
    """Units of the whole study that find the effect with this power, not rounded; `least_units` at least.

    The comparison's variances are those under the effect.

    >>> round(units_needed(1.0, Comparison(1.0, 1.0), 0.9) / 2, 4)
    22.0211
    """
    if not 0 < power < 1:
        raise ValueError(f"a power of {power:g} does not lie between 0 and 1")
    if (refused := _refused(comparison.least_units, comparison)) is not None:
        return refused
    if effect == 0 or (rejection.sides == 1 and effect < 0):
        return NoPlan(f"no number of units finds an effect of {effect:g}: name the least one worth knowing")
    return _solved(lambda units: power - power_at(units, effect, comparison, rejection), comparison.least_units)


def rule_of_sixteen(variance: float, effect: float) -> float:
    """Units per arm by the rule of thumb `16 s^2 / d^2`, about 80 % power at two-sided 5 %, for a check by hand.

    Kohavi, Longbotham, Sommerfield, Henne (2009), Data Mining and Knowledge Discovery 18: to find a change by 5 % of a
    conversion rate of 5 %,

    >>> round(rule_of_sixteen(0.05 * 0.95, 0.05 * 0.05))
    121600
    """
    return 16 * variance / effect**2


def _refused(units: float, comparison: Comparison) -> NoPlan | None:
    if units < comparison.least_units:
        return NoPlan(f"{units:g} units give an arm fewer than two independent ones; {comparison.least_units:g} do")
    return NoPlan("the outcome does not vary") if comparison.variance == 0 else None


def _test(units: float, comparison: Comparison, rejection: Rejection) -> tuple[float | None, float]:
    df = comparison.degrees_of_freedom(units) if rejection.student else None
    return df, rejection.threshold(df) * comparison.null_ratio


def _solved(shortfall: Callable[[float], float], least: float) -> float | NoPlan:
    from scipy.optimize import brentq

    if shortfall(least) <= 0:
        return least
    upper = 2 * least
    while shortfall(upper) > 0:
        upper *= 2
        if upper > LARGEST:
            return NoPlan(f"even {LARGEST:g} units do not find the effect")
    return float(brentq(shortfall, upper / 2, upper, xtol=1e-12, rtol=1e-13))
