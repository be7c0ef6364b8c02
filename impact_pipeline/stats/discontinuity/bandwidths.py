"""Bandwidths that make the estimate's mean squared error least, or the coverage error of its interval.

Three rounds: a pilot by rule of thumb, then a bandwidth for each lower derivative, each balancing the variance of a fit
against its estimated bias. Imbens, Kalyanaraman (2012), Review of Economic Studies 79; Calonico, Cattaneo, Titiunik
(2014), Econometrica 82; Calonico, Cattaneo, Farrell, Titiunik (2019), Review of Economics and Statistics 101;
Calonico, Cattaneo, Farrell (2020), Econometrics Journal 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from impact_pipeline.stats.discontinuity.errors import CutoffErrors, SideErrors
from impact_pipeline.stats.discontinuity.kernels import PILOT_FACTOR, KernelName
from impact_pipeline.stats.discontinuity.local_polynomial import local_fit
from impact_pipeline.stats.discontinuity.outcome_contrast import own_contrast
from impact_pipeline.stats.discontinuity.sides import Side
from impact_pipeline.stats.least_squares import summed

Goal = Literal["difference", "each", "sum"]
Selector = Literal[
    "mserd", "msetwo", "msesum", "msecomb1", "msecomb2", "cerrd", "certwo", "cersum", "cercomb1", "cercomb2"
]
Pair = tuple[float, float]

GOALS: dict[str, tuple[Goal, ...]] = {
    "rd": ("difference",), "two": ("each",), "sum": ("sum",), "comb1": ("difference", "sum"),
    "comb2": ("each", "difference", "sum"),
}  # fmt: skip
LEAST_DISTINCT = 10
"""Distinct scores within the pilot on each side where scores repeat."""
REPEATED_SHARE = 0.2
"""Scores count as repeated from this share of rows on that share their score with an earlier one."""
BEYOND = 1 + 1e-9
"""A bandwidth this much above a row's distance gives that row weight."""


@dataclass(frozen=True, slots=True)
class Bandwidths:
    """Of the estimate, `main`, and of its bias: (left, right)."""

    main: Pair
    bias: Pair


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is fitted: `fuzzy` takes the second column for the treatment."""

    order: int = 1
    bias_order: int = 2
    kernel: KernelName = "triangular"
    fuzzy: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A fit of `order` whose coefficient of `power` is wanted; its bias is told by a fit of `bias_order`.

    `cautious` adds the noise of the bias to its square, so that a bias that is small by chance widens nothing.
    """

    order: int
    power: int
    bias_order: int
    cautious: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """On one side `variance / bandwidth^(1 + 2 power)` and `bias bandwidth^(order + 1 - power)`, up to common factors.

    `caution` is what the noise of the bias adds to its square.
    """

    variance: float
    bias: float
    caution: float


def select(rows: CutoffErrors, recipe: Recipe, selector: Selector) -> Bandwidths:
    """Bandwidths by a rule: least error of the difference (`rd`), of each side (`two`), of the sum of both; `comb1` is
    the smaller of `rd` and `sum`, `comb2` the median of the three, side by side. `cer` shrinks the estimate's own.
    """
    found = [least_error(rows, recipe, goal) for goal in GOALS[selector[3:]]]
    choose = min if selector.endswith("comb1") else median
    left, right = (choose([one.main[side] for one in found]) for side in (0, 1))
    bias = (choose([one.bias[0] for one in found]), choose([one.bias[1] for one in found]))
    factor = coverage_factor(rows, recipe.order) if selector.startswith("cer") else 1.0
    return Bandwidths((left * factor, right * factor), bias)


def least_error(rows: CutoffErrors, recipe: Recipe, goal: Goal) -> Bandwidths:
    """The three rounds: of the derivative that makes the bias of the bias, of the bias, and of the estimate."""
    p, q = recipe.order, recipe.bias_order
    least = _least(rows.sides)
    narrow = max(pilot(rows.sides, recipe.kernel), *least)
    reach = (rows.left.side.reach, rows.right.side.reach)
    wide, found = reach, []
    for stage in (Stage(q + 1, q + 1, q + 2, False), Stage(q, p + 1, q + 1), Stage(p, 0, q)):
        left, right = (balance(one, recipe, stage, narrow, own) for one, own in zip(rows.pair, wide, strict=True))
        wide = _within(best(left, right, stage, goal), reach, goal)
        if not stage.cautious:
            wide = _at_least(wide, least, goal)
        found.append(wide)
    return Bandwidths(main=found[2], bias=found[1])


def pilot(sides: tuple[Side, Side], kernel: KernelName) -> float:
    """Silverman's rule on the score, by its distinct values; no wider than the score."""
    score = np.concatenate([-sides[0].distance[::-1], sides[1].distance])
    low, high = np.quantile(score, [0.25, 0.75], method="averaged_inverted_cdf")
    width = min(float(np.std(score, ddof=1)), float(high - low) / 1.349)
    thumb = PILOT_FACTOR[kernel] * width * sum(side.distinct for side in sides) ** -0.2
    return float(min(thumb, max(side.reach for side in sides)))


def _least(sides: tuple[Side, Side]) -> Pair:
    """What preliminary bandwidths are at least where scores repeat, left and right; 0 where they do not."""
    left, right = sides
    if all(1 - side.distinct / len(side) < REPEATED_SHARE for side in (left, right)):
        return 0.0, 0.0
    return left.distance_of_value(LEAST_DISTINCT) * BEYOND, right.distance_of_value(LEAST_DISTINCT) * BEYOND


def _within(pair: Pair, reach: Pair, goal: Goal) -> Pair:
    """No bandwidth is wider than the score reaches, on its own side or, where it is common, on either."""
    widest = reach if goal == "each" else (max(reach), max(reach))
    return min(pair[0], widest[0]), min(pair[1], widest[1])


def _at_least(pair: Pair, least: Pair, goal: Goal) -> Pair:
    lowest = least if goal == "each" else (max(least), max(least))
    return max(pair[0], lowest[0]), max(pair[1], lowest[1])


def balance(rows: SideErrors, recipe: Recipe, stage: Stage, narrow: float, wide: float) -> Balance:
    """Variance from a fit within `narrow`, bias from the next higher coefficient of one within `wide`."""
    order, power = stage.order, stage.power
    fit = local_fit(rows.side, order, narrow, recipe.kernel)
    contrast = own_contrast(fit, power, fuzzy=recipe.fuzzy)
    residuals = summed("k,kn->n", contrast, rows.residuals(fit, len(fit)))
    variance = rows.variance(fit.row_weights(power) * residuals, order + 1)
    higher = local_fit(rows.side, stage.bias_order, wide, recipe.kernel)
    share, left = fit.bias_share(power), 2 * (order + 1 - power)
    caution = 0.0
    if stage.cautious:
        residuals = summed("k,kn->n", contrast, rows.residuals(higher, len(higher)))
        noise = rows.variance(higher.row_weights(order + 1) * residuals, stage.bias_order + 1)
        caution = 3 * left * share**2 * noise
    bias = left**0.5 * share * float(summed("k,k->", contrast, higher.coefficients[order + 1]))
    return Balance((2 * power + 1) * narrow ** (2 * power + 1) * variance, bias, caution)


def best(left: Balance, right: Balance, stage: Stage, goal: Goal) -> Pair:
    """`(variance / (bias^2 + caution))^(1 / (2 order + 3))`, of each side or of both as one.

    >>> best(Balance(1.0, 1.0, 0.0), Balance(1.0, -1.0, 0.0), Stage(1, 0, 2), "each")
    (1.0, 1.0)
    """
    rate = 1 / (2 * stage.order + 3)
    if goal == "each":
        apart = [_power(one.variance, one.bias**2 + one.caution, rate) for one in (left, right)]
        return apart[0], apart[1]
    bias = right.bias - left.bias if goal == "difference" else right.bias + left.bias
    both = _power(left.variance + right.variance, bias**2 + left.caution + right.caution, rate)
    return both, both


def _power(variance: float, squared_bias: float, rate: float) -> float:
    return float((variance / squared_bias) ** rate) if squared_bias > 0 else np.inf


def coverage_factor(rows: CutoffErrors, order: int) -> float:
    """What a bandwidth of least squared error shrinks by for least coverage error: `n^(-p / ((3 + p) (3 + 2 p)))`.

    n counts units, or the clusters of either side.
    """
    n = len(rows)
    if rows.errors.clustered:
        n = sum(len(np.unique(side.clusters(len(side.side)))) for side in rows.pair)
    return float(n ** (-order / ((3 + order) * (3 + 2 * order))))
