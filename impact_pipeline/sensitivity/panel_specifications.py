"""Whether the effect is that of one choice: the same question asked in every other sound way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.average_effect import Errors, average_effect
from impact_pipeline.stats.difference_in_differences.eligible import eligible
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.difference_in_differences.panel_regression import Inferred
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

LEAST = 0.25
LEFT_OUT = 5
"""Clusters, those that move the effect most, each left out once."""
MOST_FOR_CR2 = 20_000
"""Rows up to which CR2 is shown beside CR1."""
OTHER_ERRORS: tuple[Errors, ...] = ("CR1", "CR2")

Choice = tuple[str, str]


class PanelSpecifications:
    """Fails where an effect whose interval leaves out 0 keeps less than a quarter of itself in some alternative.

    Alternatives: other errors; without covariates, weights, or groups of periods; without the first half of the
    periods before, or the last half of those after; without each of the five clusters that move the effect most. An
    effect that some sound choice takes three quarters of is that choice's doing. Alternatives without an answer are
    shown and not judged.
    """

    name: ClassVar[str] = "panel_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Is the effect there under other sound choices?"
    pass_means: ClassVar[str] = "No single choice, period or cluster makes the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, PanelEffects):
            silent = Finding(self.name, None, None, None, "Alternatives of a panel need one.", "none", {})
            return Checked(silent)
        effect = fit.average.inferred
        main = _alternative(("as asked", ""), effect, is_main=True)
        others = [_alternative(choice, found) for choice, found in _answers(fit, question)]
        told = [one for one in others if one.value is not None]
        curve = SpecificationCurve("panel_specifications", "The effect under other choices", (main, *others))
        if not told or effect.lower <= 0 <= effect.upper:
            said = "The effect's own interval holds 0, or no alternative has an answer: there is nothing to keep."
            return Checked(Finding(self.name, None, None, LEAST, said, "none", {"alternatives": len(told)}), (curve,))
        return Checked(self._judged(effect.value, told), (curve,))

    def _judged(self, effect: float, told: list[Alternative]) -> Finding:
        shares = {" ".join(one.choices[0]): (one.value or 0.0) / effect for one in told}
        least = min(shares, key=lambda name: shares[name])
        details: dict[str, float | int | str] = {"alternatives": len(told), "least": least}
        details |= {f"share {name}": share for name, share in shares.items()}
        said = f"Of {len(told)} alternatives '{least}' keeps least of the effect: {shares[least]:.0%}."
        return Finding(self.name, shares[least] >= LEAST, shares[least], LEAST, said, "never_ship", details)


def _alternative(choice: Choice, found: Inferred | Refusal, *, is_main: bool = False) -> Alternative:
    if isinstance(found, Refusal):
        return Alternative((choice,), None, None, None, is_main, found.detail)
    return Alternative((choice,), found.value, found.lower, found.upper, is_main)


def _answers(fit: PanelEffects, question: Question[Any, Any]) -> Iterator[tuple[Choice, Inferred | Refusal]]:
    panel, design = fit.rows.panel, question.design
    for errors in OTHER_ERRORS:
        if errors != fit.average.fit.errors and (errors == "CR1" or len(panel) <= MOST_FOR_CR2):
            yield ("errors", str(errors)), _answer(panel, question, errors)
    for choice, other in _other_panels(fit):
        yield choice, _answer(other, question, design.errors)


def _answer(panel: Panel, question: Question[Any, Any], errors: Errors) -> Inferred | Refusal:
    rows = eligible(panel)
    if isinstance(rows, Refusal):
        return rows
    chosen: Errors = "CR1" if errors == "wild_bootstrap" else errors
    rng = question.rng("alternatives")
    found = average_effect(rows, chosen, question.alpha, rng, anticipation=question.design.anticipation)
    return found if isinstance(found, Refusal) else found.inferred


def _other_panels(fit: PanelEffects) -> Iterator[tuple[Choice, Panel]]:
    panel, starts = fit.rows.panel, fit.rows.starts
    if panel.covariates:
        yield ("without", "covariates"), replace(panel, covariates={})
    if panel.weights is not None:
        yield ("without", "weights"), replace(panel, weights=None)
    if panel.period_group is not None:
        yield ("without", "groups of periods"), replace(panel, period_group=None)
    first, last = int(starts.min()), int(starts[starts < fit.rows.never].max())
    if first >= 2:
        yield ("without", "first half of periods before"), panel.keep(panel.period >= first // 2)
    if len(panel.periods) - last >= 2:
        yield (
            ("without", "last half of periods after"),
            panel.keep(panel.period < last + (len(panel.periods) - last + 1) // 2),
        )
    for place, name in _influential(fit):
        yield ("without cluster", name), panel.keep(place)


def _influential(fit: PanelEffects) -> Iterator[tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], str]]:
    """Rows without each of the clusters whose scores move the effect most, and the name of its first unit."""
    panel, regression = fit.average.rows.panel, fit.average.fit
    cluster = regression.clusters.of_row
    moves = np.abs(np.bincount(cluster, regression.within.inverse[0] @ regression.within.scores))
    whole = fit.rows.panel
    of_row = whole.unit if whole.cluster is None else whole.cluster
    for place in np.argsort(-moves, kind="stable")[: min(LEFT_OUT, len(moves) - 1)]:
        row = int(np.flatnonzero(cluster == place)[0])
        unit = panel.units[panel.unit[row]]
        own = whole.unit == whole.units.index(unit)
        yield of_row != of_row[own][0], unit
