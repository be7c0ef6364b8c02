"""Importance weights `target / propensity`, and what they say of how much of the log is about the target policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import Array, summed

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class WeightSummary:
    """`mean` is 1 but for chance where propensities are right and the log supports the target; `std_error` is its."""

    mean: float
    std_error: float
    largest: float
    effective_size: float


def weight_summary(weights: ArrayLike) -> WeightSummary:
    """Mean, largest, and `(sum w)^2 / sum w^2`, as many decisions of equal weight as would tell as much (Kish 1965).

    >>> weight_summary([1.0, 0.0, 0.0, 1.0, 3.0]).effective_size.__round__(3)
    2.273
    """
    w = np.asarray(weights, dtype=np.float64)
    total, squares, n = float(w.sum()), float(summed("i,i->", w, w)), len(w)
    mean = total / n
    variance = max(squares / n - mean**2, 0.0) / max(n - 1, 1)
    return WeightSummary(mean, float(np.sqrt(variance)), float(w.max()), total**2 / squares if squares > 0 else 0.0)


def inverse_propensity_totals(action: Places, propensity: ArrayLike, actions: int) -> tuple[Array, Array]:
    """Mean over the log of `[action = a] / propensity` for each action, and its standard error, (actions,).

    Each mean is 1 but for chance where propensities are those that acted. The error is the larger of the empirical one
    and that of a constant propensity, which does not vanish where an action was rare. NaN for actions never taken.

    >>> means, errors = inverse_propensity_totals(np.array([0, 0, 1, 1]), [0.5] * 4, 2)
    >>> means.tolist(), errors.round(2).tolist()
    ([1.0, 1.0], [0.5, 0.5])
    """
    p = np.asarray(propensity, dtype=np.float64)
    n, counts = len(p), np.bincount(action, minlength=actions)
    totals = np.bincount(action, weights=1 / p, minlength=actions)
    squares = np.bincount(action, weights=1 / p**2, minlength=actions)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, totals / n, np.nan)
        usual = np.where(counts > 0, totals / counts - 1, np.nan)
        empirical = squares / n - means**2
    return means, np.sqrt(np.maximum(empirical, usual) / n)


def unsupported_share(target_policy: ArrayLike, action: Places, slot: Places | None = None) -> Array:
    """For each action, the share of the target's decisions that take it in a slot where the log never did, (actions,).

    >>> unsupported_share([[0.5, 0.5], [0.5, 0.5]], np.array([0, 0])).tolist()
    [0.0, 0.5]
    """
    policy = np.asarray(target_policy, dtype=np.float64)
    places = np.zeros(len(policy), dtype=np.intp) if slot is None else slot
    found = np.zeros(policy.shape[1])
    for place in np.unique(places):
        rows = places == place
        never = np.bincount(action[rows], minlength=policy.shape[1]) == 0
        found += np.where(never, policy[rows].sum(axis=0), 0.0)
    return found / len(policy)
