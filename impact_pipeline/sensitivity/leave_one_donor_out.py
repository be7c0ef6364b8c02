"""Whether the effect rests on a single donor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.synthetic_control.fitted import Fitted

LEAST_WEIGHT = 0.01
SMALLEST_SHARE = 0.5


class LeaveOneDonorOut:
    """Fails where an effect that is told from 0 loses half of its size, or its sign, without one of its donors.

    Donors with more than a hundredth of the weight are left out in turn and the others weighted anew. An effect that is
    not told from 0 has no sign to lose, and the range is only told. Abadie, Diamond, Hainmueller (2015), AJPS 59.
    """

    name: ClassVar[str] = "leave_one_donor_out"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Does the effect rest on a single donor?"
    pass_means: ClassVar[str] = "Without any one donor the effect keeps its sign and half of its size at least."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        main = effects.main if effects is not None else None
        if not isinstance(fitted, Fitted) or not isinstance(main, Effect) or len(fitted.block.donors) < 3:
            told = "Three donors or more are needed to do without one."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        found = _without_each(fitted)
        least = min(found, key=lambda name: found[name] * np.sign(main.value))
        share = found[least] / main.value if main.value else 0.0
        lowest, highest = min(found.values()), max(found.values())
        sentence = (
            f"Leaving out {len(found)} donors in turn, the effect lies between {lowest:.4g} and {highest:.4g}; "
            f"without '{least}' it is {found[least]:.4g}."
        )
        told_apart = main.p_value is not None and main.p_value <= question.alpha
        passed = share >= SMALLEST_SHARE if told_apart else None
        details: dict[str, float | int | str] = {"lowest": lowest, "highest": highest, "donor": least}
        finding = Finding(self.name, passed, share, SMALLEST_SHARE, sentence, "never_ship", details)
        return Checked(finding, (_exhibit(main, found),))


def _without_each(fitted: Fitted) -> dict[str, float]:
    """The effect by the donor left out, of those that matter; the heaviest one where none does."""
    names, weights = fitted.block.donor_names, np.abs(fitted.found.weights)
    matter = [name for name, weight in zip(names, weights, strict=True) if weight > LEAST_WEIGHT]
    return {
        name: fitted.method(fitted.block.without([name])).effect for name in matter or [names[int(weights.argmax())]]
    }


def _exhibit(main: Effect, found: dict[str, float]) -> SpecificationCurve:
    rows = [Alternative((("left out", "none"),), main.value, main.lower, main.upper, is_main=True)]
    rows += [Alternative((("left out", name),), value, None, None) for name, value in found.items()]
    return SpecificationCurve("leave one donor out", "Effect without one donor", tuple(rows))
