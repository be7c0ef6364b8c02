"""Mixed exposure: units that were seen in more than one arm, or cluster."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED, CLUSTER, RANDOMISED
from impact_pipeline.diagnostics.base import Consequence, Evidence, Finding

LARGEST_CLEAN_SHARE = 0.001
"""Even if all these units were missing from one arm and twice as active as others, it would shift by 0.1 %."""

LARGEST_REPAIRABLE_SHARE = 0.01
"""Above this, leaving the units out is itself a change that an effect of a per cent could be made of."""


class MixedExposure:
    """Share of exposed units seen in two arms, or in two clusters where these are randomised. They are in no estimate.

    Up to 0.1 % is clean, up to 1 % a repair that costs the grade A, above it the arms are not apart: no ship, no
    rollback.
    """

    name: ClassVar[str] = "mixed_exposure"
    designs: ClassVar[frozenset[str]] = RANDOMISED | BLOCKS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        mixed = evidence.cells.mixed_units
        total = mixed + sum(evidence.cells.exposed(arm) for arm in study.arms)
        if not total:
            return Finding(self.name, None, None, LARGEST_CLEAN_SHARE, "No unit was exposed yet.", "hold", {})
        share = mixed / total
        repairable = share <= LARGEST_REPAIRABLE_SHARE
        threshold = LARGEST_CLEAN_SHARE if repairable else LARGEST_REPAIRABLE_SHARE
        consequence: Consequence = "lower_grade" if repairable else "hold"
        several = "more than one arm" if CLUSTER not in study.splits else "more than one cluster or arm"
        sentence = f"{mixed:,} of {total:,} units ({100 * share:.2f} %) were seen in {several} and are left out."
        return Finding(self.name, share <= threshold, share, threshold, sentence, consequence, {"mixed_units": mixed})
