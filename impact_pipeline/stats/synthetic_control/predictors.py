"""Synthetic control with predictors: donors' weights follow predictors, predictors' weights the fit of outcomes."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.box_descent import box_descent
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, counterfactual
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places, nearest_to_origin

LEAST_SHARE = 1e-3
"""The least weight of a predictor, as a share of the greatest. Without a floor one predictor takes all and donors'
weights are decided by rounding."""
TIES = 1e-6
"""How much gaps of outcomes count beside those of predictors where donors' weights are chosen."""
RANDOM_STARTS = 16
ROUGH_GAIN, FINE_GAIN = 1e-4, 1e-10
"""Every start is followed while steps still gain the first share, the best three of them up to the second."""
FOLLOWED = 3
START_SEED = 20100601
"""Starts of the search are the same in every study, so that donors in the treated units' place are searched alike."""


def with_predictors(block: Block) -> Counterfactual:
    """Donors' weights minimise `sum_k v_k (X_1k - w' X_k)^2`; predictors' weights v the gaps of outcomes before.

    Predictors are divided by their standard deviation over all units. Where several weights match the predictors alike,
    those whose outcomes are nearer are taken. The outer problem has many local optima: it is
    solved by gradients (of the optimal weights, through their optimality conditions) from equal weights, from each
    predictor alone and from sixteen random ones, and the best is kept. `numbers` has each predictor's share as "v 0",
    "v 1", .. Abadie, Diamond, Hainmueller (2010), JASA 105; Abadie, Gardeazabal (2003), AER 93.

    >>> from dataclasses import replace
    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> outcomes = np.array([[2.0, 3.0, 9.0], [1.0, 1.0, 2.0], [3.0, 5.0, 6.0]])
    >>> block = replace(block_of_arrays(outcomes, 1, 2), predictors=np.array([[2.0, 0.5], [1.0, 0.7], [3.0, 0.2]]))
    >>> with_predictors(block).weights.round(3).tolist()
    [0.5, 0.5]
    """
    away, outcomes_away = _distances(block)
    objective = _Objective(away, outcomes_away @ outcomes_away.T / outcomes_away.shape[1])
    shares = objective.best_shares()
    weights = objective.weights(shares)
    return counterfactual(block, weights, numbers={f"v {place}": float(v) for place, v in enumerate(shares)})


def _distances(block: Block) -> tuple[Floats, Floats]:
    """Donors less the target: in predictors by their spread, (J, K), and in judged outcomes, (J, t)."""
    units = np.vstack([block.target_predictors, block.donor_predictors])
    spread = units.std(axis=0, ddof=1)
    scaled = units / np.where(spread > 0, spread, 1.0)
    before = slice(0, block.starts)
    outcomes = (block.donors[:, before] - block.target[before])[:, block.judged]
    return scaled[1:] - scaled[0], outcomes


class _Objective:
    """The mean squared gap of outcomes as a function of the logarithms of predictors' weights, with its gradient."""

    def __init__(self, away: Floats, outcome_gram: Floats) -> None:
        self._away, self._outcomes = away, outcome_gram
        usual = float(np.sum(away**2)) / away.shape[1]
        self._ties = outcome_gram * (TIES * usual / max(float(np.trace(outcome_gram)), np.finfo(float).tiny))
        self._held: Places | None = None

    def weights(self, shares: Floats) -> Floats:
        return nearest_to_origin(self._gram(shares))

    def _gram(self, shares: Floats) -> Floats:
        return np.asarray((self._away * shares) @ self._away.T + self._ties)

    def best_shares(self) -> Floats:
        """Shares of the predictors, adding up to 1: the best of all starts, the first where they are equal."""
        floor = float(np.log(LEAST_SHARE))
        found = [self._searched(start, floor, ROUGH_GAIN) for start in _starts(self._away.shape[1], floor)]
        best = sorted(found, key=lambda one: one[1])[:FOLLOWED]
        fine = [self._searched(logs, floor, FINE_GAIN) for logs, _ in best]
        return _shares(min(fine, key=lambda one: one[1])[0])

    def _searched(self, start: Floats, floor: float, least_gain: float) -> tuple[Floats, float]:
        self._held = None
        return box_descent(self, start, floor, 0.0, least_gain=least_gain)

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        """By the optimality conditions `G w = m 1`, `1' w = 1` on the donors held, solved for the adjoint."""
        shares = _shares(logs)
        gram = self._gram(shares)
        weights = nearest_to_origin(gram, self._held)
        held = np.flatnonzero(weights)
        self._held = held
        inside = weights[held]
        slopes = 2 * self._outcomes[np.ix_(held, held)] @ inside
        adjoint = _bordered(gram[np.ix_(held, held)], slopes)
        by_share = -(adjoint @ self._away[held]) * (inside @ self._away[held])
        return float(slopes @ inside) / 2, shares * (by_share - shares @ by_share)


def _shares(logs: Floats) -> Floats:
    raw = np.exp(logs - logs.max())
    return np.asarray(raw / raw.sum())


def _starts(count: int, floor: float) -> list[Floats]:
    alone = [np.where(np.arange(count) == place, 0.0, floor) for place in range(count)]
    random = np.random.default_rng(START_SEED).uniform(floor, 0.0, (RANDOM_STARTS, count))
    return [np.full(count, floor / 2), *alone, *random]


def _bordered(gram: Floats, slopes: Floats) -> Floats:
    """p of `[G 1; 1' 0] [p; q] = [slopes; 0]`."""
    size = len(gram)
    system = np.ones((size + 1, size + 1))
    system[:size, :size], system[size, size] = gram, 0.0
    try:
        return np.asarray(np.linalg.solve(system, np.append(slopes, 0.0))[:size])
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(system, np.append(slopes, 0.0), rcond=None)[0][:size])
