"""Unassigned exposure: units that met an arm to which nobody had assigned them."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import RANDOMISED
from impact_pipeline.diagnostics.base import Consequence, Evidence, Finding
from impact_pipeline.diagnostics.mixed_exposure import LARGEST_CLEAN_SHARE, LARGEST_REPAIRABLE_SHARE


class UnassignedExposure:
    """Share of exposed units without an earlier assignment to the arm that they met.

    They are among the exposed and not among the assigned, so the two effects are not about one population. Up to 0.1 %
    is clean, up to 1 % costs the grade A, above it the logs do not tell who was randomised: no ship, no rollback.
    """

    name: ClassVar[str] = "unassigned_exposure"
    designs: ClassVar[frozenset[str]] = RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        if evidence.unassigned_units is None:
            sentence = "The plan assigns and exposes units in one place."
            return Finding(self.name, None, None, None, sentence, "none", {})
        unassigned = evidence.unassigned_units
        total = sum(evidence.by_basis["exposed"].exposed(arm) for arm in study.arms)
        if not total:
            return Finding(self.name, None, None, LARGEST_CLEAN_SHARE, "No unit was exposed yet.", "hold", {})
        share = unassigned / total
        repairable = share <= LARGEST_REPAIRABLE_SHARE
        threshold = LARGEST_CLEAN_SHARE if repairable else LARGEST_REPAIRABLE_SHARE
        consequence: Consequence = "lower_grade" if repairable else "hold"
        counted = f"{unassigned:,} of {total:,} exposed units ({100 * share:.2f} %)"
        sentence = f"{counted} had not been assigned to the arm that they met."
        details = {"unassigned_units": unassigned}
        return Finding(self.name, share <= threshold, share, threshold, sentence, consequence, details)
