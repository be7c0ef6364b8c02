"""Is the treatment not worse than control by a margin or more? One-sided tests with the bound that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.inference import Inference
from impact_pipeline.stats.intervals import FIXED_HORIZON, lift_bounds
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.two_means import TwoMeans, as_shape_of


@dataclass(frozen=True, slots=True)
class MarginTest:
    """`bound` is the worst difference (or lift) not excluded at the level; NaN where the lift's set is unbounded."""

    p_value: Real
    bound: Real


def absolute_margin_test(
    means: TwoMeans, margin: float, alpha: float, n: Real, *, better: int, inference: Inference = FIXED_HORIZON
) -> MarginTest:
    """Tests `treatment - control > -margin` (`< margin` where `better` is -1); `margin` is in units of the mean.

    The one-sided test of the shifted difference; p <= alpha exactly when `bound` lies within the margin.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(1.0, summarise(Moments(90, 900, 9_090)), summarise(Moments(90, 900, 9_090)))
    >>> found = absolute_margin_test(post_stratified([pair]), 0.5, 0.05, 180.0, better=1)
    >>> round(found.p_value, 5), round(found.bound, 3)
    (0.00052, -0.248)
    """
    std_error, degrees = means.error()
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = inference.upper_p_value((better * means.change + margin) / std_error, degrees, n, alpha)
        bound = means.change - better * inference.upper_critical_value(alpha, degrees, n) * std_error
    return MarginTest(as_shape_of(means.change, p_value), as_shape_of(means.change, bound))


def relative_margin_test(
    means: TwoMeans, margin: float, alpha: float, n: Real, *, better: int, inference: Inference = FIXED_HORIZON
) -> MarginTest:
    """Tests `treatment > (1 - margin) control` (`< (1 + margin) control` where `better` is -1); NaN if control <= 0.

    The one-sided test of `treatment - (1 -+ margin) control`, in which the scaled control keeps its own variance: the
    control mean need not be known. The bound is Fieller's with the same critical value, so that p <= alpha exactly when
    the bound lies within the margin. Fieller (1954), JRSS B 16; Laster, Johnson (2003), Statistics in Medicine 22.

    >>> from impact_pipeline.stats.moments import Moments
    >>> from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
    >>> pair = StratumPair(1.0, summarise(Moments(90, 900, 9_090)), summarise(Moments(90, 900, 9_090)))
    >>> found = relative_margin_test(post_stratified([pair]), 0.05, 0.05, 180.0, better=-1)
    >>> round(found.p_value, 5), round(found.bound, 4)
    (0.00068, 0.0251)
    """
    multiple = 1.0 - better * margin
    std_error, degrees = means.error(multiple)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = better * (means.treatment - multiple * means.control) / std_error
        p_value = inference.upper_p_value(statistic, degrees, n, alpha)
    bounds = lift_bounds(means, inference.upper_critical_value(alpha, degrees, n))
    positive = np.asarray(means.control) > 0
    judged = np.where(positive, p_value, np.nan)
    return MarginTest(as_shape_of(means.control, judged), bounds[0 if better > 0 else 1])
