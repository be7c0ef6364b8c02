"""How potential-outcome means of an observational sample are told: effects, means, other estimators, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Balance, BalanceRow, Exhibit, Histogram
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.fit import ObservationalFit
from impact_pipeline.stats.propensity.overlap import effective_units
from impact_pipeline.stats.propensity.potential_means import PotentialMeans, std_error
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.propensity.standardised_differences import BALANCED, differences
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

ObservationalQuestion = Question[CrossSection, Observational]
BINS = 20


def ready_for(question: ObservationalQuestion) -> Prepared | Refusal:
    """The sample, trimmed and modelled as the design says."""
    design = question.design
    return prepared(
        question.sample, estimand=design.estimand, link=design.propensity, trimming=design.trimming,
        cutoff=design.cutoff, interactions=_interactions(design),
    )  # fmt: skip


def _interactions(design: Observational) -> tuple[str, ...] | Literal["all"] | None:
    if design.estimator != "regression" and design.outcome_model == "by_arm":
        return None
    return () if design.interactions == "none" else design.interactions


def effect_of(
    value: float, error: float, question: ObservationalQuestion, ready: Prepared, method: str,
    means: tuple[float, float] | None = None,
) -> Effect | Refusal:  # fmt: skip
    """Normal interval and p-value; of clusters, Student's with one degree of freedom less than there are."""
    cluster = ready.sample.cluster
    degrees = float("inf") if cluster is None else float(len(np.unique(cluster)) - 1)
    if degrees < 1:
        return Refusal("too_few_clusters", "all units belong to one cluster; errors need at least two")
    if not error > 0:
        return Refusal("zero_variance", "outcomes do not vary beyond what covariates and treatment determine")
    reach = float(quantile(1 - question.alpha / 2, degrees)) * error
    untreated, treated = (
        (means.untreated, means.treated) if isinstance(means, PotentialMeans) else means or (None, None)
    )
    return Effect(
        value, error, value - reach, value + reach, float(2 * upper_tail(abs(value / error), degrees)), method,
        ready.estimand, None if np.isinf(degrees) else degrees, treated, untreated,
    )  # fmt: skip


def effect_of_means(
    means: PotentialMeans | Refusal, question: ObservationalQuestion, ready: Prepared, method: str
) -> Effect | Refusal:
    """Treated less untreated mean, with the error of their influences."""
    if isinstance(means, Refusal):
        return means
    error = std_error(means.influence, ready.sample.cluster)
    return effect_of(means.effect, error, question, ready, method, (means.untreated, means.treated))


def adjusted(
    question: ObservationalQuestion, ready: Prepared, main: Effect | Refusal, *, means: PotentialMeans | None = None,
    others: Mapping[str, Effect | Refusal] | None = None, weights: Array | None = None,
    numbers: Mapping[str, float] | None = None, notes: tuple[str, ...] = (), doubly_robust: bool = False,
) -> Effects:  # fmt: skip
    """The main effect beside the crude one, both means, and the textbook estimators that it is not."""
    fit = ObservationalFit(ready, weights, doubly_robust)
    return Effects(
        main, {**_means(means, question, ready), **(others or {}), **_others(question, ready)},
        _counts(ready), {**_numbers(ready, weights), **(numbers or {})}, (*_balance(fit), *_scores(ready)),
        (*_left_out(ready), *notes), fit,
    )  # fmt: skip


def _means(
    means: PotentialMeans | None, question: ObservationalQuestion, ready: Prepared
) -> dict[str, Effect | Refusal]:
    if means is None:
        return {}
    told = (
        ("mean untreated", means.untreated, means.untreated_influence),
        ("mean treated", means.treated, means.treated_influence),
    )
    found: dict[str, Effect | Refusal] = {}
    for name, value, influence in told:
        one = effect_of(value, std_error(influence, ready.sample.cluster), question, ready, question.design.estimator)
        found[name] = replace(one, p_value=None) if isinstance(one, Effect) else one
    return found


def _others(question: ObservationalQuestion, ready: Prepared) -> dict[str, Effect | Refusal]:
    main = question.design.estimator
    found = {"crude": effect_of_means(ready.crude, question, ready, "difference of means")}
    textbook = {"aipw": ready.aipw, "ipw": ready.ipw, "regression_adjustment": ready.regression_adjustment}
    if main == "regression":
        textbook.pop("regression_adjustment")
    return found | {
        name: effect_of_means(means, question, ready, name) for name, means in textbook.items() if name != main
    }


def _counts(ready: Prepared) -> dict[str, int]:
    treated = int(ready.sample.treatment.sum())
    return {"treated": treated, "untreated": len(ready.sample) - treated}


def _numbers(ready: Prepared, weights: Array | None) -> dict[str, float]:
    own, treated = ready.balancing if weights is None else weights, ready.sample.treatment == 1
    found = {"units left out": float(ready.left_out), "score cutoff": ready.cutoff}
    if isinstance(ready.score, Refusal) or isinstance(own, Refusal):
        return found
    scores = ready.score.scores
    return found | {
        "least score of the treated": float(scores[treated].min()),
        "greatest score of the untreated": float(scores[~treated].max()),
        "effective treated units": effective_units(own[treated]),
        "effective untreated units": effective_units(own[~treated]),
    }


def _balance(fit: ObservationalFit) -> tuple[Exhibit, ...]:
    ready = fit.ready
    treatment, covariates = ready.sample.treatment, fit.covariates
    if not covariates:
        return ()
    before = differences(covariates, treatment, ready.weights, ready.estimand, ready.weights)
    after = (
        {} if fit.weights is None else differences(covariates, treatment, fit.weights, ready.estimand, ready.weights)
    )
    rows = tuple(
        BalanceRow(name, one.value, after[name].value if name in after else None) for name, one in before.items()
    )
    return (Balance("balance", "Covariates of treated less untreated units", rows, BALANCED),)


def _scores(ready: Prepared) -> tuple[Exhibit, ...]:
    if isinstance(ready.score, Refusal):
        return ()
    edges, treated = np.linspace(0, 1, BINS + 1), ready.sample.treatment == 1
    groups = (("untreated", ~treated), ("treated", treated))
    shares = tuple(
        (name, tuple(float(v) for v in np.histogram(ready.score.scores[rows], edges)[0] / np.count_nonzero(rows)))
        for name, rows in groups
    )
    title = "Share of each arm by its chance to be treated"
    return (Histogram("scores", title, "propensity score", tuple(float(edge) for edge in edges), shares),)


def _left_out(ready: Prepared) -> tuple[str, ...]:
    if not ready.left_out:
        return ()
    told = f"{ready.left_out} units with scores beyond {ready.cutoff:.3f} of 0 or 1 are left out"
    return (f"{told}: the effect is that of the {len(ready.sample)} who are left.",)
