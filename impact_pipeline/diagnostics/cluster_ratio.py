"""Cluster ratio: did the arms receive the clusters the plan promised them?"""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTERS_RANDOMISED, arm_shares
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.stats.chi_square import goodness_of_fit

ALPHA = 0.0005
"""As for units: clusters arrive in the first days, and the same few are then read night after night."""

FEWEST_EXPECTED = 5
"""Expected clusters in an arm below which the chi-square approximation is not used."""


class ClusterRatio:
    """Pearson's chi-square of clusters with exposed units against planned shares.

    Where clusters are randomised they are what the shares promise: stores differ in size, so arms of equally many
    stores may hold any number of users. A store that never shows up in one arm is missed as a user would be.
    """

    name: ClassVar[str] = "cluster_ratio"
    designs: ClassVar[frozenset[str]] = CLUSTERS_RANDOMISED

    def check(self, study: Study, evidence: Evidence) -> Finding:
        shares = arm_shares(study.plan.design)
        clusters = {arm: evidence.cells.new_clusters(arm) for arm in study.arms}
        counts = ", ".join(f"{arm} {count} clusters" for arm, count in clusters.items())
        stray = [arm for arm, count in clusters.items() if count and not shares[arm]]
        if stray:
            sentence = f"Clusters were seen in '{stray[0]}', an arm that the plan gives no share ({counts})."
            return Finding(self.name, False, clusters[stray[0]], 0, sentence, "invalidate", {**clusters})
        active = [share for share in shares.values() if share > 0]
        if len(active) < 2 or sum(clusters.values()) * min(active) < FEWEST_EXPECTED:
            sentence = f"Too few clusters to compare the arms with their planned shares ({counts})."
            return Finding(self.name, None, None, ALPHA, sentence, "invalidate", {**clusters})
        found = goodness_of_fit([clusters[arm] for arm in shares], list(shares.values()))
        passed = found.p_value >= ALPHA
        judged = "fit" if passed else "do not fit"
        sentence = f"The arms' clusters {judged} their planned shares (p = {found.p_value:.2g}; {counts})."
        return Finding(self.name, passed, found.p_value, ALPHA, sentence, "invalidate", {**clusters})
