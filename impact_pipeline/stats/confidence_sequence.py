"""Always-valid intervals and p-values: looked at after any number of units, they err no more often than promised.

Everything is in multiples of the standard error, of a mean, a difference or any other asymptotically linear estimate.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from impact_pipeline.stats.moments import Real


def mixture_variance(planned_n: Real, alpha: float, *, sides: Literal[1, 2] = 2) -> Real:
    """The tuning r2 of a sequence whose interval at level `1 - alpha` is to be about narrowest at `planned_n` units.

    `r2 = (-2 ln a + ln(1 - 2 ln a)) / planned_n`, where a is alpha, or 2 alpha (so alpha < 1/2) for one side. Any r2
    fixed before the first look is valid; one chosen on the data is not. Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas
    (2024), Annals of Statistics 52, arXiv 2103.06476.

    >>> round(float(mixture_variance(10_000, 0.05)), 7)
    0.0007936
    """
    if not 0 < alpha < sides / 2:
        raise ValueError(f"alpha must lie between 0 and {sides / 2:g}, found {alpha:g}")
    surprise = -2 * float(np.log(alpha * 2 / sides))
    return (surprise + float(np.log1p(surprise))) / planned_n


def critical_value(
    n: Real, planned_n: Real, alpha: float, *, tuned_at: float | None = None, sides: Literal[1, 2] = 2
) -> Real:
    """`value +- critical_value * std_error` at n units; elementwise. Needs n > 0; only `n / planned_n` matters.

    Two-sided AsympCS, with `v = n r2`: `sqrt(2 (v + 1) / v * ln(sqrt(v + 1) / alpha))`. One-sided, for the bound
    `value - critical_value * std_error` (or its mirror image): `sqrt(2 (v + 1) / v * ln(1 + sqrt(v + 1) / (2 alpha)))`.
    Each covers at all looks together with chance `1 - alpha`, in the limit of a late first look; n counts the units
    that the standard error is of. r2 is tuned at `tuned_at`, by default alpha: where alpha is split or varied, keep it
    at the design's. Two-sided, Robbins (1970), Annals of Mathematical Statistics 41, mixes the likelihood ratio over
    effects from N(0, r2); one-sided, over the positive half alone, whose ratio `2 exp(x^2 / 2) Phi(x) / sqrt(v + 1)`
    is never below `2 (exp(x^2 / 2) - 1) / sqrt(v + 1)`. arXiv 2103.06476.

    >>> [round(float(critical_value(n, 10_000, 0.05)), 3) for n in (1_000, 10_000, 20_000)]
    [3.855, 3.035, 3.061]
    """
    evidence = n * mixture_variance(planned_n, tuned_at or alpha, sides=sides)
    root = np.sqrt(1 + evidence)
    needed = np.log(root / alpha) if sides == 2 else np.log1p(root / (2 * alpha))
    found: Real = root * np.sqrt(2 / evidence * needed)
    return found


def p_value(statistic: Real, n: Real, planned_n: Real, tuned_at: float, *, sides: Literal[1, 2] = 2) -> Real:
    """The smallest alpha at which the sequence tuned at `tuned_at` excludes 0 at n units; elementwise.

    `statistic` is `value / std_error`, in the direction tested where `sides=1`. p <= alpha exactly when the interval of
    `critical_value`, with that alpha and this tuning, excludes 0. With `v = n r2` and `x^2 = z^2 v / (v + 1)`:
    two-sided `sqrt(v + 1) exp(-x^2 / 2)`, one-sided `sqrt(v + 1) / (2 (exp(x^2 / 2) - 1))`, at most 1. The smallest p
    of the looks so far is as valid as each.

    >>> round(float(p_value(3.0351, 10_000, 10_000, 0.05)), 4)
    0.05
    """
    evidence = n * mixture_variance(planned_n, tuned_at, sides=sides)
    towards = np.asarray(statistic if sides == 2 else np.maximum(statistic, 0.0))
    likeness = np.exp(-0.5 * towards**2 * (evidence / (1 + evidence)))
    against = np.sqrt(1 + evidence) * likeness / (1 if sides == 2 else 2)
    ceiling = 1.0 if sides == 2 else np.maximum(against, 1 - likeness)
    found: Real = np.minimum(1.0, against / ceiling)
    return found
