"""The same method on outcomes that the change cannot have moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from impact_pipeline.catalog.causal.designs import CROSS_SECTION_DESIGNS, PANEL_DESIGNS
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal


class NegativeControl:
    """Fails where any of m control outcomes has an effect at alpha / m (Lipsitch, Tchetgen Tchetgen, Cohen 2010).

    >>> NegativeControl().name
    'negative_control'
    """

    name: ClassVar[str] = "negative_control"
    designs: ClassVar[frozenset[str]] = PANEL_DESIGNS | CROSS_SECTION_DESIGNS
    asks: ClassVar[str] = "Does the method find an effect on outcomes that the change cannot have moved?"
    pass_means: ClassVar[str] = "What is left between the arms does not show in the control outcomes."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        if not question.probes:
            return Checked(Finding(self.name, None, None, None, "No control outcomes are declared.", "none", {}))
        level = question.alpha / len(question.probes)
        found = {name: _effect(question, sample, level) for name, sample in question.probes.items()}
        told = {name: one for name, one in found.items() if isinstance(one, Effect)}
        if not told:
            why = next(one.detail for one in found.values() if isinstance(one, Refusal))
            return Checked(Finding(self.name, None, None, level, f"No control could be told: {why}.", "none", {}))
        moved = [name for name, one in told.items() if one.lower > 0 or one.upper < 0]
        p_values = [one.p_value for one in told.values() if one.p_value is not None]
        details: dict[str, float | int | str] = {name: one.value for name, one in told.items()}
        least = min(p_values) if p_values else None
        return Checked(Finding(self.name, not moved, least, level, _sentence(moved, told), "never_ship", details))


def _effect(question: Question[Any, Any], sample: Any, level: float) -> Effect | Refusal:
    """At the corrected level, by the design's own estimator."""
    estimator = causal_estimator(question.design)
    assert estimator is not None
    return estimator.effects(replace(question, sample=sample, alpha=level, probes={})).main


def _sentence(moved: list[str], told: dict[str, Effect]) -> str:
    if not moved:
        return f"None of {len(told)} control outcomes has an effect."
    one = told[moved[0]]
    rest = f" (and {len(moved) - 1} more)" if len(moved) > 1 else ""
    return f"Control '{moved[0]}'{rest} has an effect of {one.value:.4g} [{one.lower:.4g}, {one.upper:.4g}]."
