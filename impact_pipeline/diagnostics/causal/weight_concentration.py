"""Whether the counterfactual is an average, or one donor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.synthetic_control.fitted import Fitted

LARGEST_WEIGHT = 0.8


class WeightConcentration:
    """Fails where one donor holds more than four fifths of the weight.

    Whatever happens to that donor alone after the change would then pass for an effect, or hide one; the comparison is
    between two units, and no longer of a unit with an average.
    """

    name: ClassVar[str] = "weight_concentration"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Is the counterfactual more than one donor?"
    pass_means: ClassVar[str] = "What befalls a single donor does not decide the effect."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        if not isinstance(fitted, Fitted):
            return Checked(Finding(self.name, None, None, None, "There are no weights to judge.", "none", {}))
        weights, names = fitted.found.weights, fitted.block.donor_names
        most = int(np.argmax(weights))
        largest, effective = float(weights[most]), float(1 / (weights @ weights))
        sentence = f"'{names[most]}' holds {largest:.3g} of the weight; it is spread as over {effective:.3g} donors."
        details: dict[str, float | int | str] = {
            "donor": names[most],
            "effective_donors": effective,
            "below_zero": float(-weights[weights < 0].sum()),
        }
        passed = largest <= LARGEST_WEIGHT
        return Checked(Finding(self.name, passed, largest, LARGEST_WEIGHT, sentence, "never_ship", details))
