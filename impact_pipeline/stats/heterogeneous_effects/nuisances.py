"""What models that did not see a unit predict of it: its chance of treatment, and its outcome in each arm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.heterogeneous_effects.learners import LearnerName, fitted_mean, fitted_score
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places

LEAST_ARM = 20
"""Units of each arm that a model must see."""
LEAST_FOLD = 10
"""Units of a fold, so that groups of them can be read."""


@dataclass(frozen=True, eq=False)
class Nuisances:
    """By unit: the fold whose models did not see it, `score` p(x), means m_0(x) and m_1(x) of the outcome."""

    fold: Places
    score: Array
    untreated: Array
    treated: Array

    @property
    def outcome(self) -> Array:
        """The mean outcome m(x) of both arms together."""
        return self.score * self.treated + (1 - self.score) * self.untreated

    def beyond(self, bound: float) -> NDArray[np.bool_]:
        """Units whose score lies outside `[bound, 1 - bound]`."""
        return (self.score < bound) | (self.score > 1 - bound)

    def keep(self, rows: NDArray[np.bool_]) -> Nuisances:
        """Those of some units."""
        return Nuisances(self.fold[rows], self.score[rows], self.untreated[rows], self.treated[rows])

    def held(self, bound: float) -> Nuisances:
        """The same with scores moved to the nearer bound where they lie beyond one."""
        return replace(self, score=np.clip(self.score, bound, 1 - bound))


def cross_fitted_nuisances(
    x: Array,
    treatment: Array,
    outcome: Array,
    fold: Places,
    learner: LearnerName,
    seed: int,
    *,
    score: Array | None = None,
) -> Nuisances | Refusal:
    """Each fold predicted from the others; the outcome's models are of each arm by itself. A known score is kept.

    >>> rng = np.random.default_rng(0)
    >>> x, d = rng.normal(size=(400, 1)), np.arange(400) % 2.0
    >>> found = cross_fitted_nuisances(x, d, 3 * x[:, 0] + d, np.arange(400) // 100, "linear", 0)
    >>> bool(np.abs(found.treated - 3 * x[:, 0] - 1).max() < 0.1)
    True
    """
    if refusal := _too_few(treatment, fold):
        return refusal
    scores = np.empty(len(x)) if score is None else score
    means = np.empty((2, len(x)))
    for held_out in np.unique(fold):
        test, seen = fold == held_out, fold != held_out
        if score is None:
            scores[test] = fitted_score(learner, x[seen], treatment[seen], seed)(x[test])
        for arm in (0, 1):
            own = seen & (treatment == arm)
            means[arm, test] = fitted_mean(learner, x[own], outcome[own], seed)(x[test])
    return Nuisances(fold, scores, means[0], means[1])


def _too_few(treatment: Array, fold: Places) -> Refusal | None:
    counts = np.stack([np.bincount(fold[treatment == arm], minlength=int(fold.max()) + 1) for arm in (0, 1)])
    least = (counts.sum(axis=1, keepdims=True) - counts).min(axis=1)
    if least.min() >= LEAST_ARM:
        smallest = int(counts.sum(axis=0).min())
        told = f"a fold holds {smallest} units; it needs at least {LEAST_FOLD}: take fewer folds"
        return Refusal("too_few_units", told) if smallest < LEAST_FOLD else None
    arm, few = ("untreated", "treated")[int(least.argmin())], int(least.min())
    told = f"a model would see {few} {arm} units; it needs at least {LEAST_ARM} of each arm"
    return Refusal("too_few_units", f"{told}: take fewer folds, or a method without learners")
