"""Double machine learning: an average effect from learners that did not see the unit, and effects of single units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.estimators.causal.adjusted_effects import ObservationalQuestion, adjusted, effect_of
from impact_pipeline.estimators.causal.cross_fitted_detail import exhibits, notes, numbers, others
from impact_pipeline.stats.heterogeneous_effects.average_effect import (
    doubly_robust_means,
    over_repeats,
    partially_linear,
)
from impact_pipeline.stats.heterogeneous_effects.exploration import explored
from impact_pipeline.stats.heterogeneous_effects.fit import CrossFittedFit
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.nuisances import LEAST_ARM, Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.overlap import crump_cutoff, kept
from impact_pipeline.stats.propensity.potential_means import PotentialMeans, balancing_weights, std_error
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection


@dataclass(frozen=True, eq=False)
class _Repeat:
    """One draw of the folds: predictions, scores held within their bound, who is kept, and what comes of them."""

    nuisances: Nuisances
    rows: NDArray[np.bool_]
    cutoff: float
    ready: Prepared
    means: PotentialMeans
    linear: tuple[float, float] | Refusal
    """Value and standard error."""

    @property
    def error(self) -> float:
        return std_error(self.means.influence, self.ready.sample.cluster)


class CrossFitted:
    """The mean of doubly robust signals (Chernozhukov et al. 2018), with the partially linear slope as a cross-check.

    Units are trimmed, if the design says so, by their cross-fitted score. Effects of single units and groups are
    exploratory, and come with what held-out units say of them (`stats.heterogeneous_effects`).
    """

    name: ClassVar[str] = "cross_fitted"
    designs: ClassVar[frozenset[str]] = frozenset({"observational"})

    def fits(self, design: Any) -> bool:
        return bool(design.estimator == "cross_fitted")

    def effects(self, question: ObservationalQuestion) -> Effects:
        """
        >>> from impact_pipeline.catalog.causal.observational import Observational
        >>> from impact_pipeline.causal.base import Question
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=1000)
        >>> d = (rng.random(1000) < 1 / (1 + np.exp(-x))).astype(float)
        >>> sample = CrossSection(2 * d + x + rng.normal(size=1000), d, {"x": x})
        >>> settings = {"learner": "linear"}
        >>> design = Observational(type="observational", estimator="cross_fitted", cross_fitting=settings)
        >>> found = CrossFitted().effects(Question(sample, design))
        >>> found.main.lower < 2 < found.main.upper
        True
        """
        repeats: list[_Repeat] = []
        columns = _columns(question.sample)
        if isinstance(columns, Refusal):
            return Effects(columns)
        for number in range(question.design.cross_fitting.repeats):
            one = _repeat(question, columns, number)
            if isinstance(one, Refusal):
                return Effects(one)
            repeats.append(one)
        return _told(question, columns, repeats)


def _columns(sample: CrossSection) -> dict[str, Array] | Refusal:
    """Covariates of treatment and outcome together: each learner finds out which it needs."""
    ready = prepared(sample)
    if isinstance(ready, Refusal):
        return ready
    found = {**sample.covariates, **(sample.outcome_covariates or {})}
    return found or Refusal("not_identified", "learners need covariates to learn from; name those of the sample")


def _repeat(question: ObservationalQuestion, columns: dict[str, Array], number: int) -> _Repeat | Refusal:
    sample, design = question.sample, question.design
    asked, rng = design.cross_fitting, question.rng(f"folds {number}")
    fold = drawn_folds(sample.treatment, asked.folds, rng, sample.cluster)
    x, seed = np.column_stack(list(columns.values())), int(rng.integers(2**31))
    found = cross_fitted_nuisances(x, sample.treatment, sample.outcome, fold, asked.learner, seed)
    if isinstance(found, Refusal):
        return found
    if refusal := _no_overlap(found, sample.treatment, asked.score_bound):
        return refusal
    held = found.held(asked.score_bound)
    cutoff = {"none": 0.0, "crump": crump_cutoff(held.score), "threshold": design.cutoff}[design.trimming]
    rows = kept(found.score, cutoff, design.estimand)
    ready = prepared(sample.keep(rows), estimand=design.estimand, link=design.propensity)
    if isinstance(ready, Refusal):
        return ready
    own, left = held.keep(rows), ready.sample
    means = doubly_robust_means(own, left.treatment, left.outcome, ready.weights, design.estimand)
    slope = partially_linear(own, left.treatment, left.outcome, ready.weights)
    linear = slope if isinstance(slope, Refusal) else (slope[0], std_error(slope[1], left.cluster))
    return _Repeat(found, rows, cutoff, ready, means, linear)


def _no_overlap(found: Nuisances, treatment: Array, bound: float) -> Refusal | None:
    if found.score[treatment == 1].min() > found.score[treatment == 0].max():
        told = "every treated unit's learnt score is above that of every untreated one: covariates tell treatment"
        return Refusal("no_overlap", f"{told}; leave out what decides the treatment")
    within = ~found.beyond(bound)
    for arm, name in ((1, "treated"), (0, "untreated")):
        count = int(np.count_nonzero(within & (treatment == arm)))
        if count < LEAST_ARM:
            told = f"covariates tell treatment: {count} {name} units have a score within {bound:g} and {1 - bound:g}"
            return Refusal("no_overlap", f"{told}, of {LEAST_ARM} needed; leave out what decides the treatment")
    return None


def _told(question: ObservationalQuestion, columns: dict[str, Array], repeats: list[_Repeat]) -> Effects:
    values = [one.means.effect for one in repeats]
    value, error = over_repeats(values, [one.error for one in repeats])
    middle = repeats[int(np.argmin(np.abs(np.asarray(values) - value)))]
    asked, means = question.design.cross_fitting, middle.means
    method = f"cross_fitted, {asked.learner}"
    main = effect_of(value, error, question, middle.ready, method, (means.treated - value, means.treated))
    if question.main_only:
        return Effects(main)
    fit = _fit(question, columns, middle)
    found = adjusted(
        question, middle.ready, main, means=means, weights=fit.weights, doubly_robust=True,
        others=dict(_cross_checks(question, repeats, method)),
        numbers={"units left out": float(np.sum(~middle.rows)), "score cutoff": middle.cutoff, **numbers(fit, asked)},
        notes=notes(fit, asked, int(np.sum(~middle.rows)), question.alpha),
    )  # fmt: skip
    return replace(
        found, others={**found.others, **others(fit, question.alpha)},
        exhibits=(*found.exhibits, *exhibits(fit, question.alpha)), fit=fit,
    )  # fmt: skip


def _fit(question: ObservationalQuestion, columns: dict[str, Array], repeat: _Repeat) -> CrossFittedFit:
    sample, asked = question.sample, question.design.cross_fitting
    held = repeat.nuisances.held(asked.score_bound)
    exploration = explored(
        columns, sample.treatment, sample.outcome, held, question.rng("unit effects"), method=asked.unit_effects,
        learner=asked.learner, cluster=sample.cluster,
    )  # fmt: skip
    own = repeat.ready
    weights = own.weights * balancing_weights(held.keep(repeat.rows).score, own.sample.treatment, own.estimand)
    return CrossFittedFit(
        own, weights, True, nuisances=repeat.nuisances, exploration=exploration, treated_rows=sample.treatment == 1
    )


def _cross_checks(
    question: ObservationalQuestion, repeats: list[_Repeat], method: str
) -> Iterator[tuple[str, Effect | Refusal]]:
    slopes = [one.linear for one in repeats]
    known = [slope for slope in slopes if not isinstance(slope, Refusal)]
    if len(known) < len(slopes):
        yield "partially linear", next(slope for slope in slopes if isinstance(slope, Refusal))
        return
    value, error = over_repeats([slope[0] for slope in known], [slope[1] for slope in known])
    found = effect_of(value, error, question, repeats[0].ready, f"partially linear, {method}")
    yield "partially linear", found if isinstance(found, Refusal) else replace(found, estimand="overlap-weighted ATE")
