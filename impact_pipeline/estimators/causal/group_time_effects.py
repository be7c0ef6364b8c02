"""Staggered adoption by group-time effects: each cohort against units that are not treated, then averaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.staggered_adoption.aggregation import Average
from impact_pipeline.stats.staggered_adoption.goodman_bacon import forbidden_share
from impact_pipeline.stats.staggered_adoption.pre_trends import PreTrends, pre_trends
from impact_pipeline.stats.staggered_adoption.simultaneous import critical_value
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit, fit_staggered

ESTIMAND = "ATT"
ESTIMATIONS = {"doubly_robust": "doubly robust", "regression": "outcome regression", "ipw": "propensity weighting"}
IMPUTATION = "cross-check imputation"
TWO_WAY = "two-way fixed effects"


class GroupTimeEffects:
    """The average effect on treated units, by Callaway and Sant'Anna (2021), in the aggregation that is asked for.

    Standard errors come from influence functions, by unit or by the sample's cluster; intervals and p-values from
    Student's t with clusters less one degrees of freedom. Beside it stand all aggregations, effects by time since
    adoption and by cohort, imputation (Borusyak, Jaravel, Spiess 2024) with the same weights, and two-way fixed
    effects. Assumes parallel trends, given covariates if there are any, and no reaction before adoption beyond the
    design's `anticipation`.
    """

    name: ClassVar[str] = "group_time_effects"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})

    def fits(self, design: Design) -> bool:
        return True

    def effects(self, question: Question[Panel, Design]) -> Effects:
        """
        >>> from impact_pipeline.stats.samples.panel import panel_of
        >>> rng = np.random.default_rng(0)
        >>> unit, period = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
        >>> treated = (period >= np.repeat([2, 3, 9], 100)).astype(float)
        >>> sample = panel_of(unit, period, rng.normal(size=300) + 2 * treated, treated)
        >>> found = GroupTimeEffects().effects(Question(sample, Design(type="staggered_adoption")))
        >>> round(found.main.value, 2), round(found.others["cross-check imputation"].value, 2)
        (1.71, 2.04)
        """
        design = question.design
        fit = fit_staggered(
            question.sample, design.comparison, asked=design.aggregation, base_period=design.base_period,
            anticipation=design.anticipation, estimation=design.estimation,
        )  # fmt: skip
        if isinstance(fit, Refusal):
            return Effects(fit, counts=_sampled(question.sample))
        main = effect_of(fit, fit.average, method_of(design, question.sample), question.alpha)
        exhibits = tuple(_curves(fit, question))
        others = _others(fit, design, question)
        return Effects(main, others, _counts(fit), _numbers(fit, question.alpha), exhibits, _notes(fit), fit)


def method_of(design: Design, panel: Panel) -> str:
    """How results name the method: whom it compares with, and what it does with covariates."""
    others = design.comparison.replace("_", " ")
    given = f", {ESTIMATIONS[design.estimation]}" if panel.covariates else ""
    return f"group-time effects, {others}{given}"


def effect_of(fit: StaggeredFit, average: Average, method: str, alpha: float) -> Effect:
    """An average of cells; the mean outcome of the treated is averaged as the effect is."""
    found = fit.found
    cells = zip(found.cells, average.weights, strict=True)
    means, labels = found.cohorts.means, found.cohorts.labels
    treated = float(sum(weight * means[labels.index(cell.cohort), cell.period] for cell, weight in cells if weight))
    return _effect(
        average.value, found.std_error(average.gradient), found.degrees_of_freedom, method, alpha, treated=treated
    )


def _effect(
    value: float, std_error: float, freedom: float, method: str, alpha: float, treated: float | None = None
) -> Effect:
    half = float(quantile(1 - alpha / 2, freedom)) * std_error
    p_value = float(2 * upper_tail(abs(value) / std_error, freedom))
    untreated = None if treated is None else treated - value
    return Effect(value, std_error, value - half, value + half, p_value, method, ESTIMAND, freedom, treated, untreated)


def _others(fit: StaggeredFit, design: Design, question: Question[Panel, Design]) -> dict[str, Effect | Refusal]:
    method, alpha = method_of(design, question.sample), question.alpha
    found: dict[str, Effect | Refusal] = {}
    for name, one in fit.aggregations.items():
        found[name] = effect_of(fit, one.overall, method, alpha)
    for part in fit.aggregations["dynamic"].parts:
        if fit.found.std_error(part.gradient) > 0:
            found[f"event {part.position}"] = effect_of(fit, part, method, alpha)
    for part in fit.aggregations["group"].parts:
        found[f"group {_label(fit, part)}"] = _of_cohort(fit, part, method, alpha)
    if design.cross_check == "imputation":
        found[IMPUTATION] = _imputed(fit, alpha)
    found[TWO_WAY] = _two_way(fit, alpha)
    return found


def _of_cohort(fit: StaggeredFit, part: Average, method: str, alpha: float) -> Effect | Refusal:
    cohorts = fit.found.cohorts
    if cohorts.sizes[cohorts.labels.index(part.position)] < 2:
        detail = f"one unit adopts in '{_label(fit, part)}': its own variation cannot be told from the effect"
        return Refusal("too_few_units", detail)
    return effect_of(fit, part, method, alpha)


def _imputed(fit: StaggeredFit, alpha: float) -> Effect | Refusal:
    found = fit.cross_check
    if isinstance(found, Refusal):
        return found
    std_error = float(np.sqrt(fit.found.cohorts.squared(found.contributions)))
    return _effect(found.value, std_error, fit.found.degrees_of_freedom, "imputation", alpha)


def _two_way(fit: StaggeredFit, alpha: float) -> Effect | Refusal:
    found = fit.two_way
    if isinstance(found, Refusal):
        return found
    return _effect(found.value, found.std_error, float(fit.whole.cluster_count - 1), TWO_WAY, alpha)


def _curves(fit: StaggeredFit, question: Question[Panel, Design]) -> Iterator[Curve]:
    level, alike = 1 - question.alpha, question.design.bands == "simultaneous"
    groups = fit.aggregations["group"].parts
    events = fit.aggregations["dynamic"].parts
    points = _points(fit, events, [str(part.position) for part in events], question)
    yield Curve("event_study", "Effect by periods since adoption", "periods since adoption", points, 0.0, level, alike)
    points = _points(fit, groups, [_label(fit, part) for part in groups], question)
    yield Curve("cohorts", "Effect by cohort", "period of adoption", points, None, level, alike)


def _points(
    fit: StaggeredFit, parts: Sequence[Average], labels: Sequence[str], question: Question[Panel, Design]
) -> tuple[CurvePoint, ...]:
    found, design = fit.found, question.design
    gradients = np.array([part.gradient for part in parts])
    covariance = gradients @ found.covariance @ gradients.T
    critical = found.critical_value(question.alpha)
    if design.bands == "simultaneous":
        critical = max(critical, critical_value(covariance, question.alpha, design.draws, question.rng("bands")))
    points = []
    for part, label in zip(parts, labels, strict=True):
        half = critical * found.std_error(part.gradient)
        bounds = (part.value - half, part.value + half) if half > 0 else (None, None)
        points.append(CurvePoint(label, float(part.position), part.value, *bounds))
    return tuple(points)


def _label(fit: StaggeredFit, part: Average) -> str:
    return fit.found.cohorts.periods[part.position]


def _numbers(fit: StaggeredFit, alpha: float) -> dict[str, float]:
    found = {"cohorts": float(len(fit.found.cohorts.adopting)), "forbidden comparisons": forbidden_share(fit.pairs)}
    tested = pre_trends(fit.found, fit.average, alpha)
    if isinstance(tested, PreTrends):
        found |= {
            "pre-test chi-square": tested.statistic, "pre-test degrees of freedom": float(tested.degrees_of_freedom),
            "pre-test p-value": tested.p_value,
        }  # fmt: skip
    if not isinstance(fit.two_way, Refusal):
        found |= {
            "negative weights": fit.two_way.negative,
            "cells of negative weight": float(fit.two_way.negative_count),
        }
    return found


def _counts(fit: StaggeredFit) -> dict[str, int]:
    cohorts = fit.found.cohorts
    never = cohorts.sizes[-1]
    return {"treated": cohorts.n - never, "untreated": never}


def _sampled(panel: Panel) -> dict[str, int]:
    treated = int((panel.treated_from < len(panel.periods)).sum())
    return {"treated": treated, "untreated": len(panel.units) - treated}


def _notes(fit: StaggeredFit) -> tuple[str, ...]:
    notes = list(fit.found.cohorts.notes)
    if fit.found.trimmed:
        notes.append(f"up to {fit.found.trimmed} comparison units of a cohort look treated and are set aside")
    periods = fit.whole.periods
    if all(label.lstrip("-").isdigit() for label in periods) and len({*np.diff([int(p) for p in periods])}) > 1:
        notes.append("periods are not evenly spaced: event times count the periods that rows have")
    return tuple(notes)
