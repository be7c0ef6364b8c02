"""Whether control series moved with the change, which they must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.series_fits import SeriesQuestion, structural_fit
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.posterior_summary import far_p_value

LEVEL = 0.01
DRAWS = 1000


class ControlSeriesMoved:
    """Fails where a control's own past does not foretell it under the change: p below 1 % over the number of controls.

    Each control is taken as an outcome of its own, with a level that moves and the same season. Controls of two values
    (holidays, campaigns) were decided upon and are not tested. A control that the change moved takes a part of the
    effect with it.
    """

    name: ClassVar[str] = "control_series_moved"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Did the change leave the control series alone?"
    pass_means: ClassVar[str] = "No control jumped with the change; one that moved slowly would not be seen."
    needs_fit: ClassVar[bool] = False

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        p_values = {
            name: p_value
            for name, control in _measured(question.sample.controls).items()
            if (p_value := _p_value(question, control)) is not None
        }
        if not p_values:
            return Checked(Finding(self.name, None, None, None, "There is no control to judge.", "none", {}))
        threshold = LEVEL / len(p_values)
        worst = min(p_values, key=lambda name: p_values[name])
        passed = p_values[worst] >= threshold
        told = "moved with the change" if not passed else "went on as before, as all others did"
        sentence = f"Control '{worst}' {told} (p = {p_values[worst]:.2g})."
        return Checked(Finding(self.name, passed, p_values[worst], threshold, sentence, "never_ship", dict(p_values)))


def _measured(controls: Mapping[str, Array]) -> Mapping[str, Array]:
    return {name: control for name, control in controls.items() if len(np.unique(control)) > 2}


def _p_value(question: SeriesQuestion, control: Array) -> float | None:
    own: Series = replace(question.sample, outcome=control, controls={})
    asked = {name: getattr(question.design, name) for name in ("season", "season_waves", "yearly_waves")}
    design = StructuralTimeSeries(type="structural_time_series", draws=DRAWS, **asked)
    fit = structural_fit(own, design, question.rng("control series"))
    if isinstance(fit, Refusal):
        return None
    return far_p_value(fit.effects().mean(axis=0))
