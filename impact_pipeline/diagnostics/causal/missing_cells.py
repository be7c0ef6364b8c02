"""Whether the change moved who is seen."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.missing_cells import effect_on_being_seen, lost_units
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.refusal import Refusal

LEVEL = 0.01
LEAST_SHARE = 0.01
"""Of cells: a smaller effect on being seen does no harm that matters, however sure it is."""


class MissingCells:
    """Fails where treatment changes the share of cells with a row by a point or more, with a p-value below 1 %.

    Fixed effects forgive units that are always, or at random, seen less; not that the change itself makes some leave.
    Units never seen after the change are counted apart, since nothing says whether they were to be treated.
    """

    name: ClassVar[str] = "missing_cells"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Do units go missing, or appear, with the change?"
    pass_means: ClassVar[str] = "The change does not move which units are seen when."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, PanelEffects):
            told = "Without a panel no cell can be missing."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        panel = fit.rows.panel
        cells = len(panel.units) * len(panel.periods)
        if panel.is_balanced:
            told = f"Each of {len(panel.units)} units has a row in each of {len(panel.periods)} periods."
            return Checked(Finding(self.name, True, 0.0, LEVEL, told, "never_ship", {"missing": 0, "cells": cells}))
        return Checked(self._judged(fit, question, cells))

    def _judged(self, fit: PanelEffects, question: Question[Any, Any], cells: int) -> Finding:
        lost, panel = int(np.count_nonzero(lost_units(fit.rows))), fit.rows.panel
        details: dict[str, float | int | str] = {"missing": cells - len(panel), "cells": cells, "lost_units": lost}
        counted = f"{cells - len(panel)} of {cells} cells have no row, and {lost} units none after the change"
        found = effect_on_being_seen(fit.rows, question.design.errors, LEVEL, question.rng(self.name))
        if isinstance(found, Refusal):
            told = f"{counted}; an effect on being seen cannot be told: {found.detail}."
            return Finding(self.name, None, None, None, told, "none", details)
        details |= {"effect_on_being_seen": found.value, "p_value": found.p_value}
        passed = found.p_value >= LEVEL or abs(found.value) < LEAST_SHARE
        told = f"{counted}; treatment changes the share with a row by {found.value:.2%} (p = {found.p_value:.2g})."
        return Finding(self.name, passed, found.p_value, LEVEL, told, "never_ship", details)
