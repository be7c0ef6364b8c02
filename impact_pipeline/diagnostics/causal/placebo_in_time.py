"""Whether the method finds an effect before there was any change."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.inference import upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.fitted import Fitted
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import enough_placebos, is_exact, placebos, ratio_test
from impact_pipeline.stats.synthetic_control.standard_errors import placebo_spread

FEWEST_BEFORE = 6
HELD_OUT = partial(outcome_only, held_out=True)


class PlaceboInTime:
    """Fails where a change put a third of the way back from the true one has an effect at the question's alpha.

    Weights are found from the earlier two thirds of the periods before the change, and the gap of the last third is
    judged as the effect is: ranked among donors', or by placebo errors where units have levels of their own. An effect
    there is anticipation, or a trend of the treated units' own. With predictors, outcomes alone are used, since
    predictors may come from the periods held out. Abadie, Diamond, Hainmueller (2015), AJPS 59.
    """

    name: ClassVar[str] = "placebo_in_time"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Is there an effect before the change, where there can be none?"
    pass_means: ClassVar[str] = "Weights from earlier periods foretold the last ones before the change."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        if not isinstance(fitted, Fitted) or fitted.block.starts < FEWEST_BEFORE:
            told = f"Fewer than {FEWEST_BEFORE} periods lie before the change; there is none to hold out."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        starts = fitted.block.starts - fitted.block.starts // 3
        found = _held_out(fitted, starts, question.alpha)
        since = fitted.block.periods[starts]
        if isinstance(found, Refusal):
            told = f"A change put back to period {since} cannot be judged: {found.detail}."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        value, p_value = found
        sentence = (
            f"Put back to period {since}, the change would have had an effect of {value:.4g} (p = {p_value:.3g})."
        )
        details: dict[str, float | int | str] = {"effect": value, "since": since}
        passed = p_value > question.alpha
        return Checked(Finding(self.name, passed, p_value, question.alpha, sentence, "never_ship", details))


def _held_out(fitted: Fitted, starts: int, alpha: float) -> tuple[float, float] | Refusal:
    """The effect of a change in period `starts`, before the true one, and its p-value."""
    block = fitted.block.between(0, fitted.block.starts, starts)
    method = HELD_OUT if block.predictors.shape[1] else fitted.method
    found, others = method(block), placebos(block, method, fitted.groups)
    if fitted.has_levels:
        spread = placebo_spread(others)
        if isinstance(spread, Refusal):
            return spread
        return found.effect, float(2 * upper_tail(abs(found.effect) / max(spread.effect, 1e-300), np.inf))
    if is_exact(block, found):
        return Refusal("poor_fit", f"donors fit the {starts} periods before it exactly")
    if refused := enough_placebos(len(others), alpha, "placebos"):
        return refused
    values, scales = np.array([one.effect for one in others]), np.array([one.error for one in others])
    return found.effect, ratio_test(found.effect, found.error, values, scales, alpha).p_value
