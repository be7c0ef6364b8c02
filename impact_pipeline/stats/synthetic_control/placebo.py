"""Placebos in space: donors in the treated units' place show how large an effect looks where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb, floor

import numpy as np

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, Method
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places

EXACT = 1e-9
"""A fit whose error is below this share of the donors' spread is exact, and a ratio to it says nothing."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Permuted:
    """A value with the interval and p-value of one permutation test; bounds are infinite where nothing is ruled out."""

    value: float
    lower: float
    upper: float
    p_value: float


def placebo_groups(donors: int, treated: int, most: int, rng: np.random.Generator) -> list[Places]:
    """Which donors take the treated units' place: every group of as many as were treated, or `most` drawn ones.

    Groups leave at least one donor.

    >>> [group.tolist() for group in placebo_groups(3, 1, 100, np.random.default_rng(0))]
    [[0], [1], [2]]
    """
    if donors <= treated:
        return []
    if treated == 1 or comb(donors, treated) <= most:
        return [np.array(group, dtype=np.intp) for group in combinations(range(donors), treated)]
    return [np.sort(rng.permutation(donors)[:treated]) for _ in range(most)]


def placebos(block: Block, method: Method, groups: Sequence[Places]) -> list[Counterfactual]:
    """The method applied to each group of donors as if these had been treated, with the other donors as theirs."""
    return [method(block.placebo(group)) for group in groups]


def enough_placebos(count: int, alpha: float, what: str) -> Refusal | None:
    """Refused where the p-value, at least `1 / (count + 1)`, could never be `alpha` or less.

    >>> enough_placebos(12, 0.05, "donors").detail
    'with 12 donors the p-value is at least 0.0769 and can never be 0.05 or less; 19 are needed'
    """
    if floor(alpha * (count + 1) + ROUNDING) >= 1:
        return None
    told = f"with {count} {what} the p-value is at least {1 / (count + 1):.3g} and can never be {alpha:g} or less"
    return Refusal("too_few_units", f"{told}; {ceil(1 / alpha - ROUNDING) - 1} are needed")


def ratio_test(value: float, scale: float, values: Floats, scales: Floats, alpha: float) -> Permuted:
    """Ranks `|value| / scale` among those of placebos, and inverts the rank for the interval.

    The scale is the root mean squared error before the change, so that placebos with a bad fit do not decide. With B
    placebos the p-value is `(1 + number at or above) / (B + 1)`; the interval holds every t for which `|value - t| /
    scale` has a p-value above alpha: `value +- scale r`, r the `floor(alpha (B + 1))`-th greatest placebo. An average
    effect t is ruled out whatever its course. Exact where every unit was as likely to be the treated one. Abadie,
    Diamond, Hainmueller (2010), JASA 105; inverted as in Firpo, Possebom (2018), Journal of Causal Inference 6.

    >>> found = ratio_test(5.0, 1.0, np.array([1.0, -2.0, 3.0]), np.ones(3), 0.5)
    >>> found.lower, found.upper, found.p_value
    (3.0, 7.0, 0.25)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(scales > 0, np.abs(values) / scales, np.inf)
    own = abs(value) / scale
    above = int(np.sum(ratios >= own * (1 - ROUNDING)))
    rank = floor(alpha * (len(ratios) + 1) + ROUNDING)
    reach = scale * float(np.sort(ratios)[-rank]) if rank else np.inf
    return Permuted(value, value - reach, value + reach, (1 + above) / (len(ratios) + 1))


def rmspe_ratio(found: Counterfactual) -> float:
    """Root mean squared gap after the change over that before; infinite where the fit before is exact.

    >>> rmspe_ratio(Counterfactual(np.ones(1), np.array([1.0, -1.0, 3.0, -3.0]), 2, 1.0))
    3.0
    """
    after = float(np.sqrt(np.mean(found.gaps[found.starts :] ** 2)))
    return after / found.pre_rmspe if found.pre_rmspe > 0 else np.inf


def rmspe_p_value(found: Counterfactual, others: Sequence[Counterfactual]) -> float:
    """The share of units, the treated one included, whose ratio is at or above that of the treated one.

    >>> one, two = (Counterfactual(np.ones(1), np.array([1.0, size]), 1, 1.0) for size in (3.0, 2.0))
    >>> rmspe_p_value(one, [two, two, one])
    0.5
    """
    own = rmspe_ratio(found)
    return (1 + sum(rmspe_ratio(one) >= own * (1 - ROUNDING) for one in others)) / (1 + len(others))


def is_exact(block: Block, found: Counterfactual) -> bool:
    """Whether there is no error before the change to judge by, as where many donors fit few periods exactly.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> block = block_of_arrays(np.array([[1.0, 2.0], [0.0, 1.0]]), 1, 1)
    >>> is_exact(block, Counterfactual(np.ones(1), np.zeros(2), 1, 0.0))
    True
    """
    return found.error <= EXACT * float(np.ptp(block.outcomes[:, : block.starts]) or 1.0)
