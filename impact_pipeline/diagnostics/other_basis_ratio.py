"""Other basis ratio: did the arms also receive their shares of the units that do not decide?"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTERS_RANDOMISED, RANDOMISED
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.cluster_ratio import ClusterRatio
from impact_pipeline.diagnostics.sample_ratio import SampleRatio


class OtherBasisRatio:
    """The sample ratio of a triggered study's other basis: of assigned units where exposed ones decide.

    Shares that hold among assigned units and not among exposed ones say that the trigger depends on the arm; shares
    that fail on both say that the assignment or its log does. Either way no difference can be trusted.
    """

    name: ClassVar[str] = "other_basis_ratio"
    designs: ClassVar[frozenset[str]] = RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        others = [basis for basis in study.bases if basis.basis != study.basis and basis.basis in evidence.by_basis]
        if not others:
            sentence = "The plan assigns and exposes units in one place."
            return Finding(self.name, None, None, None, sentence, "none", {})
        [other] = others
        check = ClusterRatio() if study.plan.design.type in CLUSTERS_RANDOMISED else SampleRatio()
        found = check.check(other, replace(evidence, cells=evidence.by_basis[other.basis]))
        return replace(found, diagnostic=self.name, sentence=f"Among {other.basis} units: {found.sentence}")
