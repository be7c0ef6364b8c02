"""The effect on a cohort given covariates: Sant'Anna, Zhao (2020), Journal of Econometrics 219, for panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.propensity import dependent_column, propensity

Estimation = Literal["doubly_robust", "regression", "ipw"]

LARGEST_CHANCE = 0.995
"""Controls whose chance of being treated is at least this are set aside: one of them would weigh as 200 units."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """A cohort and its controls: n rows, of which `treated` are 1, with weights and k columns, the first of them 1.

    `columns` are (k, n), `change` is (m, n): outcomes of m periods less those of the base period.
    """

    treated: Array
    weights: Array
    columns: Array
    change: Array


@dataclass(frozen=True, eq=False)
class Estimated:
    """Effects in m periods, (m,), what rows contribute to them, (m, n), and how many controls were set aside."""

    effects: Array
    contributions: Array
    trimmed: int = 0


def effect_on_treated(contrast: Contrast, estimation: Estimation) -> Estimated | Refusal:
    """`mean of r in the cohort - mean of r in the controls, weighted to look like the cohort`.

    `doubly_robust`: r is the change less its prediction from a regression in the controls, weights are the odds
    `p / (1 - p)` of a logit; right if one of both is. `regression` has the first alone and compares r with 0, `ipw` the
    second alone. Contributions take in that both models are estimated. Collinear columns and separation are refused.

    >>> contrast = Contrast(np.array([1.0, 1, 0, 0]), np.ones(4), np.ones((1, 4)), np.array([[3.0, 1, 0, 2]]))
    >>> effect_on_treated(contrast, "doubly_robust").effects.tolist()
    [1.0]
    """
    treated, columns = contrast.treated * contrast.weights, contrast.columns
    control = contrast.weights - treated
    gram = summed("jn,kn->jk", columns * control, columns)
    if (column := dependent_column(gram)) is not None:
        return Refusal("collinear", str(column))
    odds, scores, trimmed = np.zeros(len(control)), np.zeros_like(columns), 0
    if estimation != "regression":
        chance = propensity(columns, contrast.treated, contrast.weights)
        if chance is None:
            return Refusal("no_overlap", "covariates separate them")
        usable = (control > 0) & (chance.chances < LARGEST_CHANCE)
        trimmed = int(((control > 0) & ~usable).sum())
        odds[usable] = (control * chance.chances / (1 - chance.chances))[usable]
        odds, scores = odds / odds.sum(), chance.contributions
    left, slopes = contrast.change, np.zeros_like(gram)
    if estimation != "ipw":
        slopes = np.asarray(np.linalg.inv(gram), dtype=np.float64)
        fitted = summed("jk,km->jm", slopes, summed("kn,mn->km", columns * control, contrast.change))
        left = contrast.change - summed("jm,jn->mn", fitted, columns)
    return _compared(treated / treated.sum(), odds, columns, left, scores, slopes @ (columns * control), trimmed)


def _compared(
    treated: Array, odds: Array, columns: Array, left: Array, scores: Array, regression: Array, trimmed: int
) -> Estimated:
    """`left` are the changes less their predictions; `regression` and `scores` what rows bring to the two models."""
    own, others = summed("mn,n->m", left, treated), summed("mn,n->m", left, odds)
    around = odds * (left - others[:, None])
    contributions = treated * (left - own[:, None]) - around
    contributions -= summed("mk,kn->mn", summed("mn,kn->mk", around, columns), scores)
    apart = summed("kn,n->k", columns, treated) - summed("kn,n->k", columns, odds)
    contributions -= summed("k,kn->n", apart, regression) * left
    return Estimated(own - others, contributions, trimmed)
