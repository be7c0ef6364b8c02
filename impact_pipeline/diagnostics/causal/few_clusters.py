"""Whether there are enough clusters, of both sides, for the errors that were chosen."""

from __future__ import annotations

from typing import Any, ClassVar

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.difference_in_differences.clusters import ENOUGH_OF_EACH, Clusters
from impact_pipeline.stats.difference_in_differences.group_means import GroupMeans
from impact_pipeline.stats.difference_in_differences.panel_effects import PanelEffects

LEAST = {"CR1": ENOUGH_OF_EACH, "CR2": 2, "wild_bootstrap": 5}
"""Clusters of the smaller side from which errors can be trusted."""


class FewClusters:
    """Fails where a side has fewer clusters than its errors need: 10 for CR1, 5 for the wild bootstrap, 2 for CR2.

    With few treated clusters CR1 is far too small, and the bootstrap rejects almost never or almost always (MacKinnon,
    Webb 2018, Econometrics Journal 21); CR2 with Satterthwaite's degrees of freedom stays honest, if wide (Imbens,
    Kolesar 2016). Errors that ignore clusters fail on a panel, whose rows of one unit are related (Bertrand, Duflo,
    Mullainathan 2004).
    """

    name: ClassVar[str] = "few_clusters"
    designs: ClassVar[frozenset[str]] = frozenset({"difference_in_differences"})
    asks: ClassVar[str] = "Are there enough clusters for these errors?"
    pass_means: ClassVar[str] = "The interval rests on enough independent clusters on both sides."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fit = None if effects is None else effects.fit
        if isinstance(fit, GroupMeans) and fit.clusters is None:
            told = "Rows stand alone: no cluster was named."
            return Checked(Finding(self.name, None, None, None, told, "none", {}))
        if not isinstance(fit, PanelEffects | GroupMeans):
            return Checked(Finding(self.name, None, None, None, "There is no fit to check.", "none", {}))
        regression = fit if isinstance(fit, GroupMeans) else fit.average.fit
        assert regression.clusters is not None
        return Checked(self._judged(regression.errors, regression.clusters))

    def _judged(self, errors: str, clusters: Clusters) -> Finding:
        details = {"clusters": clusters.count, "treated": clusters.treated, "untreated": clusters.untreated}
        told = f"{clusters.treated} treated and {clusters.untreated} untreated clusters"
        if errors not in LEAST:
            told = f"{errors} errors take rows of one unit as unrelated, over {told}; take errors by cluster."
            return Finding(self.name, False, None, None, told, "never_ship", details)
        least = LEAST[errors]
        enough = clusters.fewest >= least
        told = f"{told} {'are enough' if enough else 'are too few'} for {errors} errors, which need {least} of each"
        told += "." if enough else "; take CR2, more clusters, or a synthetic control."
        return Finding(self.name, enough, float(clusters.fewest), float(least), told, "never_ship", details)
