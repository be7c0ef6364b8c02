"""Switchbacks judged by their own coin flips: no model of the outcome, only how arms were drawn.

For regular designs: every block of every unit gets its arm from a fair coin of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_means import Contribution, TwoMeans


def horvitz_thompson(
    outcome: ArrayLike, treated: ArrayLike, *, carry_over: int = 0, baseline: float = 0.0
) -> TwoMeans | Refusal:
    """Means under always and under never treated, (units, blocks) in the order of time, unbiased for any outcomes.

    With a carry-over of m blocks, block t tells about an arm if the blocks t - m to t all had it, and then counts
    2^(m+1)-fold. The variance sums `a_s a_t` over blocks at most m apart, a being those weighted outcomes: too large
    on average by the product of the two blocks' effects, hence conservative where effects have one sign; degrees of
    freedom are infinite. `baseline`, a value fixed before the experiment, is taken off first: the closer to the
    outcomes' level, the smaller the variance. Bojinov, Simchi-Levi, Zhao (2023), Management Science 69.

    >>> found = horvitz_thompson([[3.0, 5.0, 1.0, 7.0]], [[1, 1, 0, 1]], baseline=4.0)
    >>> found.treatment, found.control, found.variance()
    (5.5, 2.5, 5.0)
    """
    y, arms = np.atleast_2d(np.asarray(outcome, dtype=np.float64)) - baseline, np.atleast_2d(np.asarray(treated) == 1)
    if y.shape[1] <= carry_over:
        return Refusal("too_few_units", f"{y.shape[1]} blocks cannot show a carry-over of {carry_over} blocks")
    of_treatment, of_control = (_weighted(y, held, carry_over) for held in (arms, ~arms))
    n = of_treatment.size
    t, c = (_variance(terms, carry_over) / n**2 for terms in (of_treatment, of_control))
    if not t + c > 0:
        return Refusal("zero_variance", f"no run of {carry_over + 1} blocks of one arm has an outcome but the baseline")
    treatment, control = (baseline + float(terms.sum()) / n for terms in (of_treatment, of_control))
    return TwoMeans(treatment, control, (Contribution(t, c, 0.0, np.inf),))


def randomization_p_value(
    outcome: ArrayLike,
    treated: ArrayLike,
    rng: np.random.Generator,
    *,
    carry_over: int = 0,
    baseline: float = 0.0,
    draws: int = 1999,
) -> float:
    """Exact p-value of no effect on any block: the share of coin flips whose estimate is as far from 0, or farther.

    >>> y = np.array([[5.0, 1.0, 6.0, 2.0, 5.0, 1.0, 7.0, 2.0, 6.0, 1.0]])
    >>> randomization_p_value(y, y > 4, np.random.default_rng(0), baseline=3.5) < 0.01
    True
    """
    y, arms = np.atleast_2d(np.asarray(outcome, dtype=np.float64)) - baseline, np.atleast_2d(np.asarray(treated) == 1)
    observed = abs(_estimate(y, arms, carry_over))
    drawn = [abs(_estimate(y, rng.integers(2, size=y.shape) == 1, carry_over)) for _ in range(draws)]
    return (1 + sum(value >= observed * (1 - 1e-12) for value in drawn)) / (1 + draws)


def _estimate(y: Array, arms: NDArray[np.bool_], carry_over: int) -> float:
    return float((_weighted(y, arms, carry_over) - _weighted(y, ~arms, carry_over)).mean())


def _weighted(y: Array, held: NDArray[np.bool_], carry_over: int) -> Array:
    """`2^(m+1) y` where the arm was held for m + 1 blocks, else 0; (units, blocks - m)."""
    runs = np.lib.stride_tricks.sliding_window_view(held, carry_over + 1, axis=1).all(axis=2)
    return np.asarray(2.0 ** (carry_over + 1) * y[:, carry_over:] * runs, dtype=np.float64)


def _variance(terms: Array, carry_over: int) -> float:
    total = float(summed("ut,ut->", terms, terms))
    for lag in range(1, min(carry_over, terms.shape[1] - 1) + 1):
        total += 2 * float(summed("ut,ut->", terms[:, lag:], terms[:, :-lag]))
    return total
