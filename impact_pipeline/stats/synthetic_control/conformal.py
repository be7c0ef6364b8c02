"""Conformal inference: an effect is in line with the data if periods after the change do not stand out without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Method
from impact_pipeline.stats.synthetic_control.placebo import ROUNDING, Permuted
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places

DOUBLINGS = 40
PRECISION = 1e-4
"""How well bounds are located, as a share of the distance searched."""


def moving_blocks(periods: int) -> Places:
    """Every cyclic shift of the periods, (T, T); the first is none.

    >>> moving_blocks(3).tolist()
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    places = np.arange(periods)
    return np.asarray((places[:, None] + places) % periods)


def drawn_orders(periods: int, draws: int, rng: np.random.Generator) -> Places:
    """The order as it is, and others drawn at random; for errors that are not related over time.

    >>> drawn_orders(3, 5, np.random.default_rng(0)).shape
    (6, 3)
    """
    return np.vstack([np.arange(periods), *(rng.permutation(periods) for _ in range(draws))])


def enough_periods(orders: Places, alpha: float) -> Refusal | None:
    """Refused where the p-value could never be `alpha` or less.

    >>> enough_periods(moving_blocks(12), 0.05).detail
    'with 12 periods the p-value is at least 0.0833 and can never be 0.05 or less; 20 are needed, or permutations: iid'
    """
    count = len(orders)
    if count * alpha + ROUNDING >= 1:
        return None
    told = f"with {count} periods the p-value is at least {1 / count:.3g} and can never be {alpha:g} or less"
    return Refusal("too_few_periods", f"{told}; {ceil(1 / alpha - ROUNDING)} are needed, or permutations: iid")


@dataclass(eq=False)
class ConformalTest:
    """p-values of constant effects t from the change on.

    Under each, t is taken off the treated units, weights are found again over *all* periods, and the size of the mean
    gap after the change is ranked among those of permuted gaps. Valid if gaps without an effect are stationary, for
    one treated unit and few donors too. Chernozhukov, Wuthrich, Zhu (2021), JASA 116; the statistic is the sum of gaps,
    for effects that last.
    """

    block: Block
    method: Method
    orders: Places
    _known: dict[float, float] = field(default_factory=dict)

    def __call__(self, effect: float) -> float:
        if effect not in self._known:
            self._known[effect] = self._p_value(effect)
        return self._known[effect]

    def _p_value(self, effect: float) -> float:
        outcomes, starts = self.block.outcomes.copy(), self.block.starts
        outcomes[: self.block.treated_count, starts:] -= effect
        gaps = self.method(self.block.with_outcomes(outcomes, outcomes.shape[1])).gaps
        sizes: Floats = np.abs(gaps[self.orders[:, starts:]].sum(axis=1))
        return float(np.mean(sizes >= sizes[0] * (1 - ROUNDING)))


def conformal_effect(block: Block, method: Method, value: float, orders: Places, alpha: float) -> Permuted | Refusal:
    """The p-value of no effect, and the effects around `value` whose p-value is above alpha.

    Bounds are located by doubling and halving; 0 lies within them exactly where its p-value is above alpha. Refused
    where no constant effect is in line with the data, or no bound ends the search.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
    >>> outcomes = np.random.default_rng(0).normal(size=(6, 30))
    >>> outcomes[0, 25:] += 5
    >>> found = conformal_effect(block_of_arrays(outcomes, 1, 25), outcome_only, 5.0, moving_blocks(30), 0.1)
    >>> found.lower < 5 < found.upper, found.p_value <= 0.1
    (True, True)
    """
    test = ConformalTest(block, method, orders)
    if test(value) <= alpha:
        told = f"even a constant effect of {value:.4g}, the mean gap, has a p-value of {test(value):.3g}"
        return Refusal("poor_fit", f"{told}; the fit does not hold over time, use inference: placebo")
    step = max(abs(value), float(np.std(np.diff(block.target))), np.finfo(float).tiny)
    lower, upper = (_bound(test, value, side * step, alpha) for side in (-1, 1))
    if not np.isfinite([lower, upper]).all():
        return Refusal("unbounded_interval", "no effect, however large, is ruled out; add periods before the change")
    return Permuted(value, lower, upper, test(0.0))


def _bound(test: Callable[[float], float], value: float, step: float, alpha: float) -> float:
    """Where the p-value falls to alpha on one side of the value; 0, if it lies there, is asked first."""
    inside, outside = value, np.inf * np.sign(step)
    if (0.0 - value) * step > 0:
        inside, outside = (0.0, outside) if test(0.0) > alpha else (value, 0.0)
    for _ in range(DOUBLINGS):
        if np.isfinite(outside):
            break
        if test(inside + step) <= alpha:
            outside = inside + step
        else:
            inside, step = inside + step, 2 * step
    if not np.isfinite(outside):
        return float(outside)
    width = abs(outside - inside)
    while abs(outside - inside) > PRECISION * width:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if test(middle) > alpha else (inside, middle)
    return float(inside)
