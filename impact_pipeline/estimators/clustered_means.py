"""Difference in means, or in ratios of sums, where whole clusters were randomised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.designs import CLUSTERS_RANDOMISED
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.question import Answer, Arm, Notes, Question, Refusal
from impact_pipeline.estimators.summaries import denominator_refusals
from impact_pipeline.stats.cluster_randomized import LEAST_CLUSTERS, cluster_notes
from impact_pipeline.stats.cluster_totals import ClusterTotals, clustered_difference, totals_of
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.two_means import TwoMeans


class ClusteredMeans:
    """Means (or ratios, made linear) over units, with CR2 errors by cluster and Satterthwaite's degrees of freedom.

    The number of clusters is what tells how sure an effect is, however many units they hold. Refused below two clusters
    in an arm; below five the estimate says so. Assumes that clusters do not influence one another.
    Bell, McCaffrey (2002), Survey Methodology 28; Pustejovsky, Tipton (2018), JBES 36.

    >>> from impact_pipeline.estimators.question import two_arms
    >>> from impact_pipeline.stats.moments import Moments, as_exact
    >>> old = Moments(n=as_exact([[2, 2, 2, 0, 0, 0]]), y=as_exact([[4, 4, 6, 0, 0, 0]]))
    >>> new = Moments(n=as_exact([[0, 0, 0, 2, 2, 2]]), y=as_exact([[0, 0, 0, 8, 10, 12]]))
    >>> question = two_arms("mean", control=old, treatment=new, by_cluster=True)
    >>> [error], [degrees] = ClusteredMeans().answer(question).means.error()
    >>> round(float(error), 4), round(float(degrees), 1)
    (0.6667, 4.0)
    """

    name: ClassVar[str] = "clustered_means"
    designs: ClassVar[frozenset[str]] = CLUSTERS_RANDOMISED
    forms: ClassVar[frozenset[str]] = frozenset({"mean", "ratio"})
    uses_covariates: ClassVar[bool] = False

    def answer(self, question: Question) -> Answer:
        treatment, control = cluster_totals(question, covariates=False)
        means = clustered_difference(treatment, control)
        refused = (*cluster_refusals(question, treatment, control), *denominator_refusals(question))
        return Answer(self.name, means, refusals=refused, notes=notes_on_clusters(treatment, control, means))


def cluster_totals(question: Question, *, covariates: bool) -> tuple[ClusterTotals, ClusterTotals]:
    """Totals of the clusters of treatment and of control; clusters are randomised once, in one stratum."""
    [stratum] = question.strata
    ratio = question.reading.form == "ratio"
    treatment, control = (_clusters(arm) for arm in (stratum.treatment, stratum.control))
    return (
        totals_of(treatment, ratio=ratio, covariates=covariates),
        totals_of(control, ratio=ratio, covariates=covariates),
    )


def _clusters(arm: Arm) -> Moments:
    """None at all where the cells keep no clusters apart."""
    return arm.clusters or arm.moments.each(lambda sums: sums[..., None][..., :0])


def cluster_refusals(question: Question, treatment: ClusterTotals, control: ClusterTotals) -> Iterator[Refusal]:
    """MIXED_CLUSTERS where a cluster has units of both arms, TOO_FEW_CLUSTERS where an arm has less than two."""
    contrast = question.contrast
    mixed = ((treatment.units > 0) & (control.units > 0)).sum(axis=-1)

    def told(group: int) -> str:
        hold = "1 cluster holds" if mixed[group] == 1 else f"{mixed[group]} clusters hold"
        both = f"'{contrast.treatment}' and '{contrast.control}'"
        return f"{hold} units of both {both}; a cluster has one arm: find out how they were logged"

    yield Refusal(Reason.MIXED_CLUSTERS, mixed > 0, told)
    for arm, totals in ((contrast.control, control), (contrast.treatment, treatment)):
        yield _too_few(arm, totals.count)


def _too_few(arm: str, count: NDArray[np.int64]) -> Refusal:
    def detail(group: int) -> str:
        found = "1 cluster" if count[group] == 1 else f"{count[group]} clusters"
        return f"'{arm}' has {found}; its error needs at least {LEAST_CLUSTERS}"

    return Refusal(Reason.TOO_FEW_CLUSTERS, count < LEAST_CLUSTERS, detail)


def notes_on_clusters(treatment: ClusterTotals, control: ClusterTotals, means: TwoMeans) -> Notes:
    """How few clusters a group's error rests on, where they are few."""
    degrees = np.asarray(means.error()[1])

    def notes(group: int) -> tuple[str, ...]:
        return cluster_notes(int(treatment.count[group]), int(control.count[group]), float(degrees[group]))

    return notes
