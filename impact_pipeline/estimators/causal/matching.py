"""Units compared with their nearest neighbours of the other arm."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.catalog.causal.observational import Matching as Settings
from impact_pipeline.causal.base import Effects
from impact_pipeline.estimators.causal.adjusted_effects import (
    ObservationalQuestion,
    adjusted,
    effect_of,
    ready_for,
)
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.estimated_score import score_correction
from impact_pipeline.stats.propensity.matched_effect import (
    Direction,
    MatchedEffect,
    conditional_variances,
    matched_effect,
)
from impact_pipeline.stats.propensity.neighbours import Matches, nearest_on_score
from impact_pipeline.stats.propensity.neighbours_in_space import nearest_in_space, whitened
from impact_pipeline.stats.propensity.outcome_model import by_arm
from impact_pipeline.stats.propensity.prepared import Prepared
from impact_pipeline.stats.propensity.without_replacement import nearest_unused
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import Places


class Matching:
    """Nearest neighbours on the score or on covariates, with the errors of Abadie and Imbens (2006, 2011, 2016).

    >>> Matching().name
    'matching'
    """

    name: ClassVar[str] = "matching"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return bool(design.estimator == "matching")

    def effects(self, question: ObservationalQuestion) -> Effects:
        ready = ready_for(question)
        if isinstance(ready, Refusal):
            return Effects(ready)
        found = _matched(question, ready)
        if isinstance(found, Refusal):
            return adjusted(question, ready, found)
        variance, notes = _variance(question.design.matching, ready, found)
        main = effect_of(
            found.value, float(np.sqrt(variance)), question, ready, "matching", (found.untreated, found.treated)
        )
        numbers = {"matched units": float(found.matched.sum()), "pairs": float(found.pairs)}
        unmatched = _asked(ready) - found.matched.sum()
        if unmatched:
            notes += (f"{unmatched:.0f} units have no match within the caliper: the effect is of those who have.",)
        return adjusted(question, ready, main, weights=found.weights, numbers=numbers, notes=notes)


def _matched(question: ObservationalQuestion, ready: Prepared) -> MatchedEffect | Refusal:
    settings, sample = question.design.matching, ready.sample
    if sample.weights is not None or sample.cluster is not None:
        told = "weights" if sample.weights is not None else "clusters"
        return Refusal("not_identified", f"errors of matching do not know {told}; take aipw, ipw or a regression")
    near = _coordinates(settings, ready)
    if isinstance(near, Refusal):
        return near
    arms = np.flatnonzero(sample.treatment == 1), np.flatnonzero(sample.treatment == 0)
    directions = [Direction(arms[0], arms[1], _nearest(settings, near, arms[0], arms[1]), 1.0)]
    if ready.estimand == "ATE":
        directions.append(Direction(arms[1], arms[0], _nearest(settings, near, arms[1], arms[0]), -1.0))
    spread = _conditional(settings, sample.outcome, near, arms)
    if not settings.bias_correction:
        return matched_effect(sample.outcome, tuple(directions), conditional_variance=spread)
    used = [
        (sample.treatment == arm) * sum(_used(one, len(sample)) for one in directions if (one.sign > 0) == (arm == 0))
        for arm in (0, 1)
    ]
    models = by_arm(ready.outcome_columns, sample.outcome, sample.treatment, _either(used, sample.treatment))
    if isinstance(models, Refusal):
        return models
    predictions = models[0].predictions, models[1].predictions
    return matched_effect(sample.outcome, tuple(directions), conditional_variance=spread, predictions=predictions)


def _coordinates(settings: Settings, ready: Prepared) -> Array | Refusal:
    """Scores in standard deviations, (n,), or whitened covariates, (n, k)."""
    if settings.on != "propensity":
        return whitened(ready.sample.design(), settings.on)
    if isinstance(ready.score, Refusal):
        return ready.score
    scores = ready.score.scores
    spread = float(scores.std(ddof=1))
    if not ready.columns.names:
        return Refusal("not_identified", "there are no covariates to be near on; name those that treatment followed")
    return np.asarray(scores / spread if spread > 0 else scores, dtype=np.float64)


def _nearest(settings: Settings, near: Array, asked: Places, donors: Places) -> Matches:
    caliper = np.inf if settings.caliper is None else settings.caliper
    if not settings.replacement:
        return nearest_unused(near[asked], near[donors], settings.neighbours, caliper=caliper)
    search = nearest_on_score if near.ndim == 1 else nearest_in_space
    return search(near[asked], near[donors], settings.neighbours, tie=settings.tie_tolerance, caliper=caliper)


def _conditional(settings: Settings, outcome: Array, near: Array, arms: tuple[Places, Places]) -> Array | None:
    if not settings.variance_neighbours:
        return None
    search = nearest_on_score if near.ndim == 1 else nearest_in_space
    within = ((rows, search(near[rows], near[rows], settings.variance_neighbours)) for rows in arms)
    return conditional_variances(outcome, tuple(within))


def _used(one: Direction, n: int) -> Array:
    found = np.zeros(n)
    found[one.other] = one.matches.uses(1)
    return found


def _either(used: list[Array], treatment: Array) -> Array:
    """How often each unit stands for others; all units of an arm that stands for nobody, which is not predicted."""
    return np.asarray(sum(own if own.any() else treatment == arm for arm, own in enumerate(used)), dtype=np.float64)


def _asked(ready: Prepared) -> float:
    return float(len(ready.sample) if ready.estimand == "ATE" else ready.sample.treatment.sum())


def _variance(settings: Settings, ready: Prepared, found: MatchedEffect) -> tuple[float, tuple[str, ...]]:
    """With the score's own error, where units were matched on it all and with replacement."""
    is_whole = found.matched.sum() == _asked(ready) and settings.replacement and settings.on == "propensity"
    if not (settings.score_is_estimated and is_whole) or isinstance(ready.score, Refusal):
        return found.variance, ()
    sample = ready.sample
    change = score_correction(sample.outcome, sample.treatment, ready.score, ready.estimand, found.value)
    if found.variance + change <= 0:
        return found.variance, ("The error takes the score as known: its own would leave no variance.",)
    return found.variance + change, ()
