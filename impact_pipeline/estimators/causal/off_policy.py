"""What another policy would have earned: the log of the one that ran, weighted to look like the other's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.catalog.causal.off_policy_evaluation import OffPolicyEvaluation as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Curve, CurvePoint, Exhibit, Histogram
from impact_pipeline.stats.off_policy.off_policy_fit import MODELLED, OffPolicyFit, OffPolicyModel, off_policy_fit
from impact_pipeline.stats.off_policy.policy_values import PolicyValue
from impact_pipeline.stats.off_policy.value_intervals import value_interval
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions

DIFFERENCE, VALUE = "value of the new policy less that of the one that ran", "mean reward of a decision"
BINS = 30


class OffPolicy:
    """`value of the target - value of the policy that ran`, by importance weights, a reward model or both.

    Assumes that logged propensities are those that acted, that the log gave a chance to all the target does, and that
    rewards depend on no other decision. Values by every method are shown; with a design effect from `cluster`s.
    """

    name: ClassVar[str] = "off_policy"
    designs: ClassVar[frozenset[str]] = frozenset({"off_policy_evaluation"})

    def fits(self, design: Any) -> bool:
        return True

    def effects(self, question: Question[LoggedDecisions, Design]) -> Effects:
        """
        >>> rng = np.random.default_rng(0)
        >>> action = rng.integers(2, size=1000)
        >>> log = LoggedDecisions(("a", "b"), action, action + rng.normal(size=1000), np.full(1000, 0.5), 1.0 * action)
        >>> found = OffPolicy().effects(Question(log, Design(type="off_policy_evaluation")))
        >>> found.main.lower < 0.5 < found.main.upper, list(found.others)
        (True, ['value logged', 'value ips', 'value snips'])
        """
        log, design = question.sample, question.design
        if design.estimator in MODELLED and log.target_policy is None:
            detail = f"'{design.estimator}' needs the target's chances of all actions, not of the logged one alone"
            return Effects(Refusal("not_identified", f"{detail}: give them, or choose estimator: snips"))
        fit = off_policy_fit(log, model_of(design), question.rng("reward model"))
        if isinstance(fit, Refusal):
            return Effects(fit)
        main = _main(question, fit)
        counts = {"decisions": len(log), "decisions with weight": int((fit.weights > 0).sum())}
        others = _others(question, fit)
        return Effects(main, others, counts, _numbers(fit), _exhibits(question, fit, others), _notes(fit), fit)


def _main(question: Question[LoggedDecisions, Design], fit: OffPolicyFit) -> Effect | Refusal:
    log, estimator = question.sample, question.design.estimator
    if bool((log.target == log.propensity).all()):
        return Refusal(
            "zero_variance", "the new policy gives each logged action the chance it had: it is the one that ran"
        )
    found = _effect(question, fit.difference(estimator), DIFFERENCE)
    if isinstance(found, Refusal):
        return found
    return replace(found, treated=fit.values[estimator].value, untreated=fit.logged.value)


def model_of(design: Design) -> OffPolicyModel:
    """The design's choices as numbers."""
    switch = None if design.switch == "automatic" else float(design.switch)
    shrinkage = None if design.shrinkage == "automatic" else float(design.shrinkage)
    return OffPolicyModel(design.clip, switch, shrinkage, design.reward_model, design.folds)


def _effect(question: Question[LoggedDecisions, Design], found: PolicyValue, estimand: str) -> Effect | Refusal:
    log, design = question.sample, question.design
    interval = value_interval(found.value, found.influence, question.alpha, cluster=log.cluster, name=design.interval)
    if isinstance(interval, Refusal):
        return interval
    kind = "empirical Bernstein" if design.interval == "empirical_bernstein" else "linearised"
    method = f"{design.estimator.replace('_', ' ')}, {kind}" if estimand == DIFFERENCE else kind
    return Effect(
        found.value, interval.std_error, interval.lower, interval.upper, interval.p_value, method, estimand,
        interval.degrees_of_freedom,
    )  # fmt: skip


def _others(question: Question[LoggedDecisions, Design], fit: OffPolicyFit) -> dict[str, Effect | Refusal]:
    named: list[tuple[str, PolicyValue]] = [("logged", fit.logged), *fit.values.items()]
    return {f"value {name.replace('_', ' ')}": _effect(question, one, VALUE) for name, one in named}


def _numbers(fit: OffPolicyFit) -> dict[str, float]:
    return {
        "effective sample size": fit.used.effective_size,
        "mean weight": fit.raw.mean,
        "largest weight": fit.raw.largest,
        "share of weights clipped": fit.clipped_share,
        **fit.parameters,
    }


def _exhibits(
    question: Question[LoggedDecisions, Design], fit: OffPolicyFit, others: Mapping[str, Effect | Refusal]
) -> tuple[Exhibit, ...]:
    points = [
        CurvePoint(name.removeprefix("value "), float(place), one.value, one.lower, one.upper)
        for place, (name, one) in enumerate(others.items())
        if isinstance(one, Effect)
    ]
    title = "Value of the new policy by method, beside that of the one that ran"
    values = Curve("values", title, "method", tuple(points), None, 1 - question.alpha)
    return values, _histogram(fit)


def _histogram(fit: OffPolicyFit) -> Histogram:
    """Of the weights above 0, by their decimal logarithms; one pass, for logs are long."""
    logarithms = np.log10(fit.weights[fit.weights > 0])
    low, high = float(logarithms.min()), float(logarithms.max())
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    places = np.minimum(((logarithms - low) * (BINS / (high - low))).astype(np.intp), BINS - 1)
    counts, edges = np.bincount(places, minlength=BINS), np.linspace(low, high, BINS + 1)
    groups = (("decisions", tuple(float(count) for count in counts)),)
    title = "Importance weights above 0"
    return Histogram("weights", title, "log10 of the weight", tuple(float(edge) for edge in edges), groups, 0.0)


def _notes(fit: OffPolicyFit) -> tuple[str, ...]:
    if not fit.clipped_share:
        return ()
    return (f"{fit.clipped_share:.2%} of the weights were clipped, which leans towards rewards of likelier actions",)
