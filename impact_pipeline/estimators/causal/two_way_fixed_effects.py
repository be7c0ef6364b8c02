"""Difference-in-differences on a panel: unit and period effects, the average effect and the effects by event time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.estimators.causal.event_exhibits import event_curve, parallel_paths
from impact_pipeline.stats.difference_in_differences.eligible import Eligible
from impact_pipeline.stats.difference_in_differences.group_means import group_means
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects, average_event, panel_effects
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.panel import Panel

ESTIMAND = "ATT"
METHOD = "two-way fixed effects"
ERRORS = {"wild_bootstrap": "wild cluster bootstrap"}


class TwoWayFixedEffects:
    """The effect on the treated, from units followed over periods, where untreated outcomes would have moved alike.

    The main effect is the regression's `average_effect`. Others: the effect at each event time ("event 0" is the first
    treated period), "average event" (their mean, against the reference period alone), and "group means", the four
    means without unit effects, as a second estimator. See `stats.difference_in_differences` for formulas and papers.
    """

    name: ClassVar[str] = "two_way_fixed_effects"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})

    def fits(self, design: DifferenceInDifferences) -> bool:
        return design.estimator == "two_way_fixed_effects"

    def effects(self, question: Question[Panel, DifferenceInDifferences]) -> Effects:
        """
        >>> from impact_pipeline.stats.samples.panel import panel_of
        >>> panel = panel_of(np.repeat([1, 2, 3, 4], 2), [1, 2] * 4, [1.0, 4, 2, 3, 5, 5, 7, 8], [0, 1, 0, 1] + [0] * 4)
        >>> design = DifferenceInDifferences(type="difference_in_differences")
        >>> found = TwoWayFixedEffects().effects(Question(panel, design))
        >>> round(found.main.value, 9), found.main.method
        (1.5, 'two-way fixed effects, CR2')
        """
        if not isinstance(question.sample, Panel):
            told = "units are not followed over periods; choose estimator: group_means for repeated cross-sections"
            return Effects(Refusal("not_identified", told))
        found = panel_effects(question.sample, question.design, question.alpha, question.rng("two-way fixed effects"))
        if isinstance(found, Refusal):
            return Effects(found, counts=_units(question.sample))
        counts = {
            "treated": found.rows.treated_units,
            "untreated": len(found.rows.panel.units) - found.rows.treated_units,
        }
        notes = (*found.rows.notes, *_notes(found))
        return Effects(
            _main(found), _others(found, question), counts, _numbers(found), _exhibits(found, question), notes, found
        )


def effect_of(
    found: Inferred | Refusal, method: str, *, estimand: str = ESTIMAND, treated: float | None = None
) -> Effect | Refusal:
    """The number as an effect; `treated` is the mean outcome of treated rows where it is known."""
    if isinstance(found, Refusal):
        return found
    untreated = None if treated is None else treated - found.value
    return Effect(
        found.value, found.std_error, found.lower, found.upper, found.p_value, method, estimand,
        found.degrees_of_freedom, treated, untreated,
    )  # fmt: skip


def method_of(errors: str, method: str = METHOD) -> str:
    """The method's name with its errors."""
    return f"{method}, {ERRORS.get(errors, errors)}"


def _main(found: PanelEffects) -> Effect | Refusal:
    average = found.average
    return effect_of(average.inferred, method_of(average.fit.errors), treated=average.treated_mean)


def _others(found: PanelEffects, question: Question[Panel, DifferenceInDifferences]) -> Mapping[str, Effect | Refusal]:
    study, alpha = found.study, question.alpha
    others: dict[str, Effect | Refusal] = {}
    if isinstance(study, Refusal):
        others["event study"] = study
    else:
        method = method_of(study.fit.errors)
        rng = question.rng("event study")
        rows = np.eye(len(study.times))
        for time, row in zip(study.times, rows, strict=True):
            others[f"event {time}"] = effect_of(study.fit.combination(row, alpha, rng), method)
        others["average event"] = effect_of(average_event(study, alpha, rng), method)
    if found.starts_together:
        means = group_means(_four_groups(found.rows), found.average.fit.errors, alpha, question.rng("group means"))
        told = means if isinstance(means, Refusal) else means.inferred
        others["group means"] = effect_of(told, method_of(found.average.fit.errors, "four means"))
    return others


def _four_groups(rows: Eligible) -> CrossSection:
    """The panel without its units: ever treated or not, before or after the common start."""
    panel = rows.panel
    after = (panel.period >= rows.starts.min()).astype(np.float64)
    cluster = panel.unit if panel.cluster is None else panel.cluster
    return CrossSection(
        panel.outcome, rows.is_treated.astype(np.float64), panel.covariates, cluster=cluster, weights=panel.weights,
        after=after,
    )  # fmt: skip


def _exhibits(found: PanelEffects, question: Question[Panel, DifferenceInDifferences]) -> tuple[Exhibit, ...]:
    if isinstance(found.study, Refusal):
        return ()
    curve = event_curve(found.study, question.alpha, question.rng("band"))
    return (curve, parallel_paths(found.study, question.alpha)) if found.starts_together else (curve,)


def _numbers(found: PanelEffects) -> dict[str, float]:
    panel, fit = found.rows.panel, found.average.fit
    clusters = fit.clusters
    numbers = {
        "rows": len(panel), "units": len(panel.units), "periods": len(panel.periods), "clusters": clusters.count,
        "treated clusters": clusters.treated, "fixed effects": fit.within.effects,
        "missing cells": len(panel.units) * len(panel.periods) - len(panel),
        "periods before": int(found.rows.starts.min()),
    }  # fmt: skip
    covariates = zip(panel.covariates, fit.coefficients[1:], strict=True)
    slopes = {f"coefficient {name}": float(value) for name, value in covariates}
    return {name: float(value) for name, value in numbers.items()} | slopes


def _notes(found: PanelEffects) -> tuple[str, ...]:
    if found.starts_together:
        return ()
    return ("Treated units start in different periods: the average weighs effects by what the regression can tell.",)


def _units(panel: Panel) -> dict[str, int]:
    treated = int(np.count_nonzero(panel.treated_from < len(panel.periods)))
    return {"treated": treated, "untreated": len(panel.units) - treated}
