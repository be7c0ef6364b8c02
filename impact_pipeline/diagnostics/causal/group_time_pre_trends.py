"""Whether cohorts moved as their comparison units did before they adopted."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of, not_judged
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.pre_trends import LIKELY, pre_trends

LEVEL = 0.05


class GroupTimePreTrends:
    """Fails where the joint test of all effects before adoption has a p-value below 5 %.

    The level is the usual one (Callaway, Sant'Anna 2021, section 4); the p-value is Hotelling's, because with few
    units in a cohort that of chi-square finds trends in 8 to 15 of 100 panels that have none. A pass proves little
    where the test is weak, so the finding says which linear trend it finds with a chance of 80 %, and what that would
    add to the effect (Roth 2022): where this is as large as the effect, a pass leaves it open.
    """

    name: ClassVar[str] = "group_time_pre_trends"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Did adopters move as their comparison units did before they adopted?"
    pass_means: ClassVar[str] = "No trend of their own was found before adoption; smaller ones than named stay open."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        found = pre_trends(fit.found, fit.average, LEVEL)
        if isinstance(found, Refusal):
            sentence = f"Trends before adoption cannot be tested: {found.detail}."
            return not_judged(self.name, sentence, {"reason": found.reason})
        passed = found.careful_p_value >= LEVEL
        told = "fit parallel trends" if passed else "do not fit parallel trends"
        degrees = f"{found.degrees_of_freedom} degree{'s' if found.degrees_of_freedom != 1 else ''} of freedom"
        sentence = (
            f"Changes before adoption, by {found.by}, {told}: chi-square {found.statistic:.2f} with {degrees},"
            f" p = {found.careful_p_value:.2g}; a steady trend that adds {abs(found.bias):.3g} to the effect of"
            f" {fit.average.value:.3g} would be found with a chance of {LIKELY:.0%}."
        )
        details: dict[str, float | int | str] = {
            "chi_square": found.statistic, "degrees_of_freedom": found.degrees_of_freedom, "tested_by": found.by,
            "chi_square_p_value": found.p_value,
        }  # fmt: skip
        if math.isfinite(found.slope):
            details |= {"slope_found_at_80_percent": found.slope, "bias_of_that_slope": found.bias}
        return Checked(Finding(self.name, passed, found.careful_p_value, LEVEL, sentence, "never_ship", details))
