"""Whether treated and untreated units moved alike before the change, told with what the test would have missed."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.group_means import GroupMeans
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects
from impact_pipeline.stats.difference_in_differences.pre_trends import PreTrends as Test
from impact_pipeline.stats.difference_in_differences.pre_trends import pre_trends
from impact_pipeline.stats.refusal import Refusal

LEVEL = 0.05


class PreTrends:
    """Fails where all leads together differ from 0 with a p-value below 5 %.

    A pass says little where the test is weak, so its power is told: the straight difference of trends, per period,
    that it finds in 80 % of samples, and by how much that would move the effect were it to go on (Roth 2022). Where
    this is as much as the effect itself, the pass cannot tell an effect from a trend; `honest_did` judges that.
    """

    name: ClassVar[str] = "pre_trends"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Did treated and untreated units move alike before the change?"
    pass_means: ClassVar[str] = "No difference of trends is seen before the change; read its power beside it."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if not isinstance(fit, PanelEffects):
            once = "Units are seen once, before or after: trends before the change cannot be compared."
            told = once if isinstance(fit, GroupMeans) else "There is no fit to check."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        if isinstance(fit.study, Refusal):
            told = f"There are no effects by event time: {fit.study.detail}."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        tested = pre_trends(fit.study, LEVEL)
        if tested is None:
            told = f"{len(fit.study.leads)} leads before the reference, or too few clusters for them: no test exists."
            return Checked(Finding(self.name, None, None, None, told, "none", {"leads": len(fit.study.leads)}))
        return Checked(self._judged(fit, tested))

    def _judged(self, fit: PanelEffects, tested: Test) -> Finding:
        rows, effect = fit.average.rows, fit.average.inferred.value
        line = np.where(rows.is_treated, rows.since, 0).astype(np.float64)
        moved = abs(float(fit.average.fit.within.bias_of(line)[0])) * tested.slope
        passed = tested.p_value >= LEVEL
        said = "no difference of trends is seen" if passed else "trends differed already"
        told = (
            f"Over {tested.leads} leads before the change {said} (p = {tested.p_value:.2g}); one of {tested.slope:.3g}"
            f" a period is found in 80 % of samples, and going on would move the effect ({effect:.3g}) by {moved:.3g}."
        )
        details = {
            "leads": tested.leads, "p_value": tested.p_value, "detectable_slope": tested.slope,
            "moves_effect_by": moved, "share_of_effect": moved / abs(effect) if effect else 0.0,
        }  # fmt: skip
        return Finding(self.name, passed, tested.p_value, LEVEL, told, "never_ship", details)
