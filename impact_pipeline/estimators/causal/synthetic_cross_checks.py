"""Other methods on the same block, beside the one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from impact_pipeline.causal.base import Effect
from impact_pipeline.estimators.causal.synthetic_block import SyntheticQuestion
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.augmented import augmented
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, Method
from impact_pipeline.stats.synthetic_control.fitted import Fitted
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import placebos
from impact_pipeline.stats.synthetic_control.simplex import Places
from impact_pipeline.stats.synthetic_control.standard_errors import Spread, placebo_spread
from impact_pipeline.stats.synthetic_control.synthetic_differences import differences, synthetic_differences

METHODS: Mapping[str, Method] = {
    "outcome_only": outcome_only,
    "augmented": augmented,
    "synthetic_difference_in_differences": synthetic_differences,
    "difference_in_differences": differences,
}

ESTIMAND = "mean effect on the treated units from the change on"

MOST_PLACEBOS = 100
"""Placebos that a cross-check's error is made from."""


def cross_checks(question: SyntheticQuestion, block: Block, fitted: Fitted) -> Mapping[str, Effect | Refusal]:
    """Each method that was not asked for, under its name, with errors from placebos and taken as normal.

    The augmented method's ridge is found once, for the treated units, and kept for placebos.
    """
    groups = _every(fitted.groups, MOST_PLACEBOS)
    return {name: _checked(block, name, groups, question.alpha) for name in METHODS if name != question.design.method}


def _checked(block: Block, name: str, groups: Sequence[Places], alpha: float) -> Effect | Refusal:
    found = METHODS[name](block)
    method = partial(augmented, ridge=found.numbers["ridge"]) if name == "augmented" else METHODS[name]
    spread = placebo_spread(placebos(block, method, groups))
    return normal_effect(block, found, spread, f"{name}, placebo errors", alpha)


def _every(groups: Sequence[Places], most: int) -> Sequence[Places]:
    return groups[:: max(1, -(-len(groups) // most))]


def normal_effect(
    block: Block, found: Counterfactual, spread: Spread | Refusal, method: str, alpha: float, period: int | None = None
) -> Effect | Refusal:
    """The mean effect, or that of one period, with a normal interval from its standard error."""
    if isinstance(spread, Refusal):
        return spread
    value = found.effect if period is None else float(found.gaps[period])
    error = spread.effect if period is None else float(spread.gaps[period])
    if error <= 0:
        return Refusal("zero_variance", "placebos do not differ, so that there is no error to judge the effect by")
    actual = float(block.target[block.starts :].mean() if period is None else block.target[period])
    reach = float(quantile(1 - alpha / 2, np.inf)) * error
    return Effect(
        value, error, value - reach, value + reach, float(2 * upper_tail(abs(value) / error, np.inf)),
        method, ESTIMAND,
        treated=actual, untreated=actual - value,
    )  # fmt: skip
