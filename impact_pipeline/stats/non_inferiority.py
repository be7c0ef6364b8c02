"""Is the treatment not worse than control by a margin or more? One-sided tests with the bound that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from impact_pipeline.stats.intervals import lift_bounds, quantile, upper_tail
from impact_pipeline.stats.two_means import ONE, TwoMeans


@dataclass(frozen=True, slots=True)
class MarginTest:
    """`bound` is the worst difference (or lift) not excluded at the level; None where the lift's set is unbounded."""

    p_value: float
    bound: float | None


def absolute_margin_test(means: TwoMeans, margin: Fraction, level: float, *, higher_is_better: bool) -> MarginTest:
    """Tests `treatment - control > -margin` (`< margin` where lower is better); `margin` is in units of the mean.

    Welch's t of the shifted difference; p < 1 - level exactly when `bound` lies within the margin.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(Fraction(1), summarise(Moments(90, 900, 9_090)), summarise(Moments(90, 900, 9_090)))
    >>> found = absolute_margin_test(post_stratified([pair]), Fraction(1, 2), 0.95, higher_is_better=True)
    >>> round(found.p_value, 5), round(found.bound, 3)
    (0.00052, -0.248)
    """
    better = 1 if higher_is_better else -1
    std_error, degrees = means.error()
    change = means.treatment - means.control
    p_value = upper_tail(float(better * change + margin) / std_error, degrees)
    return MarginTest(p_value, float(change) - better * quantile(level, degrees) * std_error)


def relative_margin_test(
    means: TwoMeans, margin: Fraction, level: float, *, higher_is_better: bool
) -> MarginTest | None:
    """Tests `treatment > (1 - margin) control` (`< (1 + margin) control` where lower is better); None if control <= 0.

    Welch's t of `treatment - (1 -+ margin) control`, in which the scaled control keeps its own variance: the control
    mean need not be known. The bound is Fieller's with the same quantile, so that p < 1 - level exactly when the bound
    lies within the margin. Fieller (1954), JRSS B 16; Laster, Johnson (2003), Statistics in Medicine 22.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(Fraction(1), summarise(Moments(90, 900, 9_090)), summarise(Moments(90, 900, 9_090)))
    >>> found = relative_margin_test(post_stratified([pair]), Fraction(1, 20), 0.95, higher_is_better=False)
    >>> round(found.p_value, 5), round(found.bound, 4)
    (0.00068, 0.0251)
    """
    if means.control <= 0:
        return None
    better = 1 if higher_is_better else -1
    multiple = ONE - better * margin
    std_error, degrees = means.error(multiple)
    statistic = float(better * (means.treatment - multiple * means.control)) / std_error
    bounds = lift_bounds(means, quantile(level, degrees))
    bound = None if bounds is None else bounds[0 if higher_is_better else 1]
    return MarginTest(upper_tail(statistic, degrees), bound)
