"""What reward to expect of each action in each context, by models that did not see the decision they speak of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.off_policy.importance_weights import Places
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

RewardModelName = Literal["ridge", "logistic", "boosted_trees"]
Predict = Callable[[Array], Array]
"""Contexts (n, k) -> expected rewards of all actions, (n, actions)."""

PENALTIES = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""Decisions that the mean reward of all actions counts for, against those of an action by itself: the log chooses."""
PRIOR_ROWS = 10.0
NEWTON_STEPS = 12
CHUNK = 20_000
"""Decisions whose rewards of all actions are looked at together, so that memory stays bounded."""


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedRewards:
    """`predicted` of the action that was taken, `modelled` on average over the target's actions, (n,) both."""

    predicted: Array
    modelled: Array


def expected_rewards(
    log: LoggedDecisions, target_policy: Array, model: RewardModelName, folds: int, rng: np.random.Generator
) -> ExpectedRewards:
    """Cross-fitted: clusters stay in one fold.

    >>> rng = np.random.default_rng(0)
    >>> action = rng.integers(2, size=200)
    >>> log = LoggedDecisions(("a", "b"), action, action + 0.0, np.full(200, 0.5), np.full(200, 0.5))
    >>> found = expected_rewards(log, np.full((200, 2), 0.5), "ridge", 4, rng)
    >>> found.modelled.round(1).min(), found.modelled.round(1).max()
    (np.float64(0.5), np.float64(0.5))
    """
    x, fold = context_columns(log), _folds(log, folds, rng)
    seed = int(rng.integers(2**31))
    predicted, modelled = np.empty(len(log)), np.empty(len(log))
    for held_out in range(folds):
        predict = _fitted(model, x, log, fold != held_out, seed)
        for rows in _chunks(np.flatnonzero(fold == held_out)):
            found = predict(x[rows])
            predicted[rows] = found[np.arange(len(rows)), log.action[rows]]
            modelled[rows] = np.sum(found * target_policy[rows], axis=1)
    return ExpectedRewards(predicted, modelled)


def context_columns(log: LoggedDecisions) -> Array:
    """Contexts in spreads about their means, and one column for each slot but the first, (n, k)."""
    columns = [np.asarray(column, dtype=np.float64) for column in log.context.values()]
    if log.slot is not None:
        columns += [(log.slot == slot).astype(np.float64) for slot in range(1, len(log.slots))]
    spreads = [(column - column.mean()) / (column.std() or 1.0) for column in columns]
    return np.column_stack(spreads) if spreads else np.empty((len(log), 0))


def _folds(log: LoggedDecisions, folds: int, rng: np.random.Generator) -> NDArray[np.intp]:
    if log.cluster is None:
        return np.asarray(rng.permutation(len(log)) % folds, dtype=np.intp)
    count = int(log.cluster.max()) + 1
    return np.asarray((rng.permutation(count) % folds)[log.cluster], dtype=np.intp)


def _chunks(rows: Places) -> list[Places]:
    return [rows[first : first + CHUNK] for first in range(0, len(rows), CHUNK)]


def _fitted(model: RewardModelName, x: Array, log: LoggedDecisions, rows: NDArray[np.bool_], seed: int) -> Predict:
    action, reward, actions = log.action[rows], log.reward[rows], len(log.actions)
    if model == "boosted_trees":
        return _trees(x[rows], action, reward, actions, seed)
    one = np.column_stack([np.ones(int(rows.sum())), x[rows]])
    mean = float(reward.mean())
    penalty = _chosen_penalty(one, action, reward - mean, actions, seed)
    if model == "logistic":
        return _logistic(one, action, reward, actions, penalty)
    slopes = _solved(*_moments(one, np.ones(len(one)), reward - mean, action, actions), penalty)
    return lambda rows: mean + _linear(rows, slopes)


def _chosen_penalty(x: Array, action: Places, left: Array, actions: int, seed: int) -> float:
    """The one that foretells a fifth of the decisions best from the others."""
    held_out = np.random.default_rng(seed).permutation(len(x)) % 5 == 0
    seen = ~held_out
    moments = _moments(x[seen], np.ones(int(seen.sum())), left[seen], action[seen], actions)
    rows, taken = x[held_out], action[held_out]
    losses = []
    for penalty in PENALTIES:
        slopes = _solved(*moments, penalty)
        losses.append(float(np.mean((left[held_out] - summed("ij,ij->i", rows, slopes[taken])) ** 2)))
    return PENALTIES[int(np.argmin(losses))]


def _logistic(x: Array, action: Places, reward: Array, actions: int, penalty: float) -> Predict:
    """Newton's steps on the penalised likelihood of each action, about the log odds of all."""
    share = min(max(float(reward.mean()), 0.5 / len(reward)), 1 - 0.5 / len(reward))
    offset, slopes = float(np.log(share / (1 - share))), np.zeros((actions, x.shape[1]))
    for _ in range(NEWTON_STEPS):
        own = summed("ij,ij->i", x, slopes[action])
        chance = _chance(offset + own)
        weight = np.maximum(chance * (1 - chance), 1e-6)
        moments = _moments(x, weight, own * weight + reward - chance, action, actions)
        slopes = _solved(*moments, penalty * share * (1 - share))
    return lambda rows: _chance(offset + _linear(rows, slopes))


def _chance(log_odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def _linear(rows: Array, slopes: Array) -> Array:
    return slopes[:, 0] + summed("ij,aj->ia", rows, slopes[:, 1:])


def _moments(x: Array, weight: Array, target: Array, action: Places, actions: int) -> tuple[Array, Array]:
    """`x' w x` and `x' target` of each action, (actions, k, k) and (actions, k)."""
    k = x.shape[1]
    gram, along = np.empty((actions, k, k)), np.empty((actions, k))
    for i in range(k):
        along[:, i] = np.bincount(action, weights=x[:, i] * target, minlength=actions)
        for j in range(i + 1):
            products = np.bincount(action, weights=x[:, i] * x[:, j] * weight, minlength=actions)
            gram[:, i, j] = gram[:, j, i] = products
    return gram, along


def _solved(gram: Array, along: Array, penalty: float) -> Array:
    """Coefficients of each action, (actions, k)."""
    shrunk = gram + penalty * np.eye(gram.shape[1])
    return np.asarray(np.linalg.solve(shrunk, along[..., None])[..., 0], dtype=np.float64)


def _trees(x: Array, action: Places, reward: Array, actions: int, seed: int) -> Predict:
    """One boosted model of context and action; binary rewards by their chance."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    binary = bool(np.isin(reward, (0.0, 1.0)).all()) and reward.min() < reward.max()
    kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
    learner = kind(max_iter=100, learning_rate=0.05, min_samples_leaf=20, early_stopping=False, random_state=seed)
    coded = _encoded(action, reward, actions)
    with threadpool_limits(limits=1):
        learner.fit(np.column_stack([x, coded[action]]), reward)

    def predict(rows: Array) -> Array:
        every = np.column_stack([np.repeat(rows, actions, axis=0), np.tile(coded, len(rows))])
        with threadpool_limits(limits=1):
            found = learner.predict_proba(every)[:, 1] if binary else learner.predict(every)
        return np.asarray(found, dtype=np.float64).reshape(len(rows), actions)

    return predict


def _encoded(action: Places, reward: Array, actions: int) -> Array:
    """Each action by its shrunk mean reward: trees then split actions by what they earn."""
    counts = np.bincount(action, minlength=actions)
    totals = np.bincount(action, weights=reward, minlength=actions) + PRIOR_ROWS * reward.mean()
    return np.asarray(totals / (counts + PRIOR_ROWS))
