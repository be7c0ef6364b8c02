"""Standard errors of synthetic difference-in-differences: from placebos, by leaving units out, or by drawing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, Method, counterfactual
from impact_pipeline.stats.synthetic_control.simplex import Floats

FEWEST_PLACEBOS = 5


@dataclass(frozen=True, eq=False, slots=True)
class Spread:
    """Standard errors of the mean effect after the change and of the gaps by period, (T,)."""

    effect: float
    gaps: Floats


def placebo_spread(others: Sequence[Counterfactual]) -> Spread | Refusal:
    """The spread of the method's results on donors in the treated units' place; Algorithm 4.

    Needs as much noise in donors as in treated units; the one way with a single treated unit. All donors in turn are
    what the paper's random draws go to.

    >>> others = [Counterfactual(np.ones(1), np.array([0.0, size]), 1, 0.0) for size in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    >>> round(placebo_spread(others).effect, 4)
    1.4142
    """
    if len(others) < FEWEST_PLACEBOS:
        told = f"{len(others)} donors can take the treated units' place"
        return Refusal("too_few_units", f"{told}; placebo errors need {FEWEST_PLACEBOS}, so add donors")
    return _spread(np.array([one.gaps for one in others]), others[0].starts, 1 / len(others))


def jackknife_spread(block: Block, found: Counterfactual) -> Spread | Refusal:
    """Leaves each unit out with weights kept as they are; Algorithm 3. Needs two treated units, better many.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> from impact_pipeline.stats.synthetic_control.synthetic_differences import differences
    >>> block = block_of_arrays(np.array([[1.0, 3.0], [1.0, 5.0], [1.0, 1.0], [2.0, 3.0]]), 2, 1)
    >>> round(jackknife_spread(block, differences(block)).effect, 4)
    1.3693
    """
    if refused := _several_treated(block, "jackknife"):
        return refused
    if np.count_nonzero(found.weights) < 2:
        return Refusal("too_few_units", "one donor holds all weight and cannot be left out; use errors: placebo")
    units = len(block.outcomes)
    gaps = np.array([_left_out(block, found, unit) for unit in range(units)])
    return _spread(gaps, block.starts, (units - 1) / units)


def _left_out(block: Block, found: Counterfactual, unit: int) -> Floats:
    treated = block.treated_count - (unit < block.treated_count)
    kept = np.delete(np.arange(len(block.outcomes)), unit)
    smaller = block.rows(kept, treated)
    weights = found.weights if treated < block.treated_count else np.delete(found.weights, unit - block.treated_count)
    return counterfactual(smaller, weights / weights.sum(), period_weights=found.period_weights).gaps


def bootstrap_spread(block: Block, method: Method, draws: int, rng: np.random.Generator) -> Spread | Refusal:
    """Draws units with replacement and finds weights again; Algorithm 2. Needs two treated units, better many.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> from impact_pipeline.stats.synthetic_control.synthetic_differences import differences
    >>> block = block_of_arrays(np.array([[1.0, 3.0], [1.0, 5.0], [1.0, 1.0], [2.0, 3.0]]), 2, 1)
    >>> bootstrap_spread(block, differences, 50, np.random.default_rng(0)).effect > 0
    True
    """
    if refused := _several_treated(block, "bootstrap"):
        return refused
    found: list[Floats] = []
    units = len(block.outcomes)
    while len(found) < draws:
        rows = np.sort(rng.integers(0, units, units))
        treated = int(np.sum(rows < block.treated_count))
        if 0 < treated < units:
            found.append(method(block.rows(rows, treated)).gaps)
    return _spread(np.array(found), block.starts, 1 / draws)


def _several_treated(block: Block, errors: str) -> Refusal | None:
    if block.treated_count > 1:
        return None
    return Refusal("too_few_units", f"{errors} errors need at least two treated units, not one; use errors: placebo")


def _spread(gaps: Floats, starts: int, factor: float) -> Spread:
    """The root of `factor x sum of squared distances` from the mean, for each period and for the mean after."""
    means = gaps[:, starts:].mean(axis=1)
    away = gaps - gaps.mean(axis=0)
    return Spread(
        float(np.sqrt(factor * np.sum((means - means.mean()) ** 2))), np.sqrt(factor * np.sum(away**2, axis=0))
    )
