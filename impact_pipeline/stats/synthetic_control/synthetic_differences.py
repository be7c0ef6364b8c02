"""Synthetic difference-in-differences: weights on donors and on periods, each unit with a level of its own."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, counterfactual
from impact_pipeline.stats.synthetic_control.frank_wolfe import (
    SMALLEST_RIDGE,
    first_difference_noise,
    search_early_stopped,
)
from impact_pipeline.stats.synthetic_control.simplex import Floats, simplex_weights


def synthetic_differences(block: Block, *, early_stopped: bool = False) -> Counterfactual:
    """Difference-in-differences with the donors and the periods before that resemble the treated ones after.

    Donors' weights fit the target's path up to a level, with ridge `zeta^2 T_0`, `zeta = (n T_1)^(1/4) sigma` and sigma
    the spread of donors' changes; periods' weights fit donors' means after the change up to a level, with a ridge that
    only settles ties. Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), AER 111, Algorithm 1. `early_stopped` is
    the search of the paper's software (see `frank_wolfe`).

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> outcomes = np.array([[7.0, 8.0, 9.0, 13.0], [1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 6.0, 6.0]])
    >>> found = synthetic_differences(block_of_arrays(outcomes, 1, 3))
    >>> round(found.effect, 3), found.weights.round(3).tolist(), found.period_weights.round(3).tolist()
    (3.346, [0.654, 0.346], [0.0, 1.0, 0.0])
    """
    noise = first_difference_noise(block)
    after = block.outcomes.shape[1] - block.starts
    zeta = (block.treated_count * after) ** 0.25 * noise
    before = block.donors[:, : block.starts]
    own = before - before.mean(axis=1, keepdims=True)
    target = block.target[: block.starts]
    weights = _solved(own, target - target.mean(), zeta, noise, early_stopped=early_stopped)
    later = block.donors[:, block.starts :].mean(axis=1)
    periods = (before - before.mean(axis=0)).T
    period_weights = _solved(
        periods, later - later.mean(), SMALLEST_RIDGE * noise, noise, early_stopped=early_stopped
    )  # fmt: skip
    return counterfactual(block, weights, period_weights=period_weights, numbers={"zeta": zeta})


def _solved(points: Floats, target: Floats, zeta: float, noise: float, *, early_stopped: bool) -> Floats:
    if early_stopped:
        return search_early_stopped(points, target, zeta, noise)
    return simplex_weights(points, target, points.shape[1] * zeta**2)


def differences(block: Block) -> Counterfactual:
    """Difference-in-differences: all donors and all periods before the change count alike.

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> differences(block_of_arrays(np.array([[1.0, 2.0, 9.0], [2.0, 2.0, 3.0], [2.0, 4.0, 5.0]]), 1, 2)).effect
    6.0
    """
    donors, starts = len(block.donors), block.starts
    return counterfactual(block, np.full(donors, 1 / donors), period_weights=np.full(starts, 1 / starts))
