"""Whether an effect shows where there was no change yet."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.difference_in_differences.placebo_period import placebo_period
from impact_pipeline.stats.refusal import Refusal

LEVEL = 0.01


class PlaceboPeriod:
    """Fails where the change, pretended to come halfway through the periods before it, has an effect at 1 %.

    One number over all those periods finds a slow drift that single leads are too noisy for. The level is strict
    because `pre_trends` looks at the same periods.
    """

    name: ClassVar[str] = "placebo_period"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Does the method find an effect before there was a change?"
    pass_means: ClassVar[str] = "Pretending an earlier change finds nothing."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit, design = None if effects is None else effects.fit, question.design
        if not isinstance(fit, PanelEffects):
            told = "Without a panel no earlier change can be pretended."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        rng = question.rng(self.name)
        found = placebo_period(fit.rows, design.errors, LEVEL, rng, anticipation=design.anticipation)
        if isinstance(found, Refusal):
            told = f"No earlier change can be pretended: {found.detail}."
            return Checked(Finding(self.name, None, None, None, told, "none", {"reason": found.reason}))
        placebo = found.inferred
        passed = placebo.p_value >= LEVEL
        told = (
            f"A change pretended in period {found.pretended} has {'no' if passed else 'an'} effect of its own "
            f"({placebo.value:.3g}, p = {placebo.p_value:.2g}; the real one {fit.average.inferred.value:.3g})."
        )
        details: dict[str, float | int | str] = {
            "effect": placebo.value, "std_error": placebo.std_error, "pretended": found.pretended,
            "periods": found.periods,
        }  # fmt: skip
        return Checked(Finding(self.name, passed, placebo.p_value, LEVEL, told, "never_ship", details))
