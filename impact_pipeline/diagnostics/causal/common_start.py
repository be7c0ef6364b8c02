"""Whether all treated units start together, as two-way fixed effects ask."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.eligible import starts_of
from impact_pipeline.stats.samples.panel import Panel


class CommonStart:
    """Fails where treated units start in more than one period.

    The regression then also compares units that start with others that are treated already, whose effects may still
    grow: its average can have the wrong sign although every effect has the right one (Goodman-Bacon 2021; de
    Chaisemartin, D'Haultfoeuille 2020). No number of starts is harmless by itself, so the rule allows one.
    """

    name: ClassVar[str] = "common_start"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Do all treated units start together?"
    pass_means: ClassVar[str] = "Treated units are compared with untreated ones alone."
    needs_fit: ClassVar[bool] = False

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        panel = question.sample
        if not isinstance(panel, Panel):
            told = "Rows are before or after one change; no unit has a start of its own."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        by_unit = starts_of(panel)
        starts, counts = np.unique(by_unit[by_unit < len(panel.periods)], return_counts=True)
        details = {f"units from {panel.periods[start]}": int(n) for start, n in zip(starts, counts, strict=True)}
        if not len(starts):
            return Checked(Finding(self.name, None, None, None, "No unit is ever treated.", "none", {}))
        told = f"All treated units start in period {panel.periods[starts[0]]}."
        if len(starts) > 1:
            told = (
                f"Treated units start in {len(starts)} different periods, from {panel.periods[starts[0]]} to "
                f"{panel.periods[starts[-1]]}: later ones are compared with earlier ones; take staggered_adoption."
            )
        return Checked(Finding(self.name, len(starts) == 1, float(len(starts)), 1.0, told, "never_ship", details))
