"""How far trends may differ after the change before the effect is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.exhibits import Curve, CurvePoint
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.event_path import EventPath, event_path
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.difference_in_differences.relative_magnitudes import (
    MOST,
    breakdown_multiple,
    robust_interval,
)
from impact_pipeline.stats.difference_in_differences.smoothness import breakdown_bend, smooth_interval
from impact_pipeline.stats.refusal import Refusal

LEAST = 0.25
MULTIPLES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)


class HonestDid:
    """Fails where an effect whose interval leaves out 0 is undone by a quarter of what was seen before the change.

    Violations of parallel trends may grow, from one period to the next, by a multiple of their largest step before the
    change (Rambachan, Roth 2023). The breakdown value is the largest multiple at which the robust interval leaves out
    0; of those for the average effect and for the first period's the larger counts, as violations add up over periods.
    1 is what a sceptic asks, and is told; below 0.25 the effect is no larger than the noise of the trends themselves.
    The second bound lets trends differ by a line that bends by M a period, and tells its breakdown value.
    """

    name: ClassVar[str] = "honest_did"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "How far may trends differ after the change before the effect is gone?"
    pass_means: ClassVar[str] = "The effect stands even if trends differ by a part of what was seen before the change."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, PanelEffects) or isinstance(fit.study, Refusal):
            return Checked(self._silent("Without effects by event time trends cannot be bounded."))
        path = event_path(fit.study)
        if path is None:
            return Checked(self._silent("One period before the change says nothing of how far trends may differ."))
        if np.linalg.eigvalsh(path.covariance).min() <= 1e-12 * np.trace(path.covariance):
            return Checked(self._silent("So few clusters tell no joint error of the effects by event time."))
        return Checked(self._judged(fit, path, question.alpha), (_robust_curve(path, question.alpha),))

    def _silent(self, told: str) -> Finding:
        return Finding(self.name, None, None, None, told, "none", {})

    def _judged(self, fit: PanelEffects, path: EventPath, alpha: float) -> Finding:
        average, first = (breakdown_multiple(one, alpha) for one in (path, _first(path)))
        straight, bend = smooth_interval(path, 0.0, alpha), breakdown_bend(path, alpha)
        largest = max(average, first)
        details: dict[str, float | int | str] = {
            "breakdown_average": average, "breakdown_first": first, "breakdown_bend": bend,
            "without_line": straight.value, "without_line_lower": straight.lower,
            "without_line_upper": straight.upper,
        }  # fmt: skip
        shown = f"{largest:.2g}" if largest < MOST else f"at least {MOST:g}"
        told = (
            f"The effect leaves out 0 while trends differ after the change by less than {shown} times their largest "
            f"step before it, from one period to the next. With a straight line taken off it is {straight.value:.3g} "
            f"({straight.lower:.3g} to {straight.upper:.3g}); the line may bend by {bend:.2g} a period."
        )
        inferred = fit.average.inferred
        if inferred.lower <= 0 <= inferred.upper:
            told = "The effect's own interval holds 0: there is nothing to be undone."
            return Finding(self.name, None, largest, LEAST, told, "none", details)
        return Finding(self.name, largest >= LEAST, largest, LEAST, told, "never_ship", details)


def _first(path: EventPath) -> EventPath:
    """The path asked about its first treated period alone."""
    target = np.zeros(len(path.after))
    target[int(np.flatnonzero(path.target)[0])] = 1.0
    return replace(path, target=target)


def _robust_curve(path: EventPath, alpha: float) -> Curve:
    """The average effect's robust interval by multiple."""
    found = [(multiple, robust_interval(path, multiple, alpha)) for multiple in MULTIPLES]
    points = tuple(CurvePoint(f"{multiple:g}", multiple, path.value, *ends) for multiple, ends in found)
    return Curve(
        "honest_did", "Effect if trends differ after the change", "multiple of the largest step before", points,
        level=1 - alpha,
    )  # fmt: skip
