"""CUPED where whole clusters were randomised."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.designs import CLUSTERS_RANDOMISED
from impact_pipeline.estimators.clustered_means import cluster_refusals, cluster_totals, notes_on_clusters
from impact_pipeline.estimators.question import Answer, Question
from impact_pipeline.estimators.summaries import denominator_refusals, stratum_pairs
from impact_pipeline.stats.cluster_totals import clustered_difference
from impact_pipeline.stats.cuped import pooled_slopes


class ClusteredCuped:
    """`cuped` with the errors of `clustered_means`: what clusters were like before is taken out of their differences.

    Slopes are those of units within arms, as in `cuped`, and taken as known. Most is won where clusters differ for
    good: stores and regions by their size and wealth. Bell, McCaffrey (2002); Deng, Xu, Kohavi, Walker (2013), WSDM.
    """

    name: ClassVar[str] = "clustered_cuped"
    designs: ClassVar[frozenset[str]] = CLUSTERS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"mean", "ratio"})
    uses_covariates: ClassVar[bool] = True

    def answer(self, question: Question) -> Answer:
        treatment, control = cluster_totals(question, covariates=True)
        slopes = pooled_slopes(stratum_pairs(question, covariates=True))
        means = clustered_difference(treatment, control, slopes)
        before = np.asarray(clustered_difference(treatment, control, [0.0] * len(slopes)).variance())
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(before > 0, means.variance() / before, np.nan)
        refused = (*cluster_refusals(question, treatment, control), *denominator_refusals(question))
        return Answer(self.name, means, ratio, refused, notes_on_clusters(treatment, control, means))
