"""Whether cohorts are large enough for their own variation to be seen."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.diagnostics.causal.staggered import fit_of
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit

FEWEST = 5
LARGEST_SHARE = 0.25


class SmallCohorts:
    """Fails where more than a quarter of the effect's weight lies on cohorts of fewer than five units.

    The variance within a cohort of n units is understated by 1 / n: by a fifth at five, and wholly at one, where
    intervals cover far too rarely. On a quarter of the weight that is a shortfall of the standard error of at most a
    few per cent; beyond it the interval is not to be trusted. The comparison units count as a cohort of full weight.
    """

    name: ClassVar[str] = "small_cohorts"
    designs: ClassVar[frozenset[str]] = frozenset({"staggered_adoption"})
    asks: ClassVar[str] = "Are cohorts large enough for their own variation to be seen?"
    pass_means: ClassVar[str] = "Standard errors see the variation within cohorts."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = fit_of(effects)
        cohorts, sizes = fit.found.cohorts, _independent(fit)
        small = {label for label, size in zip(cohorts.labels, sizes, strict=True) if size < FEWEST}
        weights = zip(fit.found.cells, np.abs(fit.average.weights), strict=True)
        share = (
            1.0 if cohorts.horizon in small else float(sum(weight for cell, weight in weights if cell.cohort in small))
        )
        share = min(share, 1.0)
        sentence = (
            f"{len(small)} of {len(sizes)} cohorts (comparison units among them) have fewer than {FEWEST} independent"
            f" units; {share:.0%} of the effect rests on them."
        )
        details = {"smallest": min(sizes), "small_cohorts": len(small)}
        passed = share <= LARGEST_SHARE
        return Checked(Finding(self.name, passed, share, LARGEST_SHARE, sentence, "never_ship", details))


def _independent(fit: StaggeredFit) -> tuple[int, ...]:
    """Units of each cohort, or clusters that have some of them."""
    cohorts = fit.found.cohorts
    if cohorts.cluster is None:
        return cohorts.sizes
    return tuple(len(np.unique(cohorts.cluster[rows])) for rows in cohorts.rows)
