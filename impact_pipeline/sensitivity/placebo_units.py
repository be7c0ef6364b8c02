"""Whether the effect stands out among those of units that were not treated."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Histogram
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.difference_in_differences.placebo_units import PlaceboUnits as Dealt
from impact_pipeline.stats.difference_in_differences.placebo_units import placebo_units
from impact_pipeline.stats.refusal import Refusal

ALLOWED = 2.0
BINS = 24


class PlaceboUnits:
    """Fails where an effect with p <= alpha has a p-value above twice alpha among treatments dealt to other units.

    Dealing needs no theory of errors, only clusters that could have been treated just as well, so it finds intervals
    that few treated clusters made too short. The factor leaves room for the error of the draws. With so few clusters
    that no effect could reach that p-value it says so and judges nothing.
    """

    name: ClassVar[str] = "placebo_units"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Would treatment dealt to other units have had such an effect as well?"
    pass_means: ClassVar[str] = "Few treatments dealt at random look as large."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, PanelEffects):
            told = "Without a panel treatment cannot be dealt anew."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        found = placebo_units(fit.average, question.design.placebo_draws, question.rng(self.name))
        if isinstance(found, Refusal):
            told = f"Treatment cannot be dealt anew: {found.detail}."
            return Checked(Finding(self.name, None, None, None, told, "none", {"reason": found.reason}))
        return Checked(self._judged(fit, found, question.alpha), (_histogram(fit, found),))

    def _judged(self, fit: PanelEffects, found: Dealt, alpha: float) -> Finding:
        effect, threshold = fit.average.inferred, ALLOWED * alpha
        details: dict[str, float | int | str] = {
            "p_value": found.p_value, "smallest_p_value": found.smallest, "draws": len(found.effects),
            "spread_of_dealt": float(np.std(found.effects)),
        }  # fmt: skip
        told = (
            f"Of {len(found.effects)} treatments dealt to other units and the real one, {found.p_value:.1%} have an "
            f"effect at least as far from 0 as {effect.value:.3g}"
        )
        if effect.p_value > alpha:
            return Finding(self.name, None, found.p_value, threshold, f"{told}.", "none", details)
        if found.smallest > threshold:
            told = f"{told}; so few units allow no less than {found.smallest:.1%}."
            return Finding(self.name, None, found.p_value, threshold, told, "none", details)
        passed = found.p_value <= threshold
        return Finding(self.name, passed, found.p_value, threshold, f"{told}.", "never_ship", details)


def _histogram(fit: PanelEffects, found: Dealt) -> Histogram:
    effect = fit.average.inferred.value
    reach = max(float(np.abs(found.effects).max()), abs(effect)) or 1.0
    counts, edges = np.histogram(found.effects, bins=BINS, range=(-reach, reach))
    return Histogram(
        "placebo_units", "Effects of treatment dealt to other units", "effect", tuple(map(float, edges)),
        (("dealt", tuple(map(float, counts))),), mark=effect,
    )  # fmt: skip
