from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.cluster_ratio import ClusterRatio
from impact_pipeline.diagnostics.mixed_exposure import MixedExposure
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study


def design(**arms: float) -> dict[str, Any]:
    return {"type": "cluster_randomized", "cluster": "store", "arms": arms, "control": "control"}


HALVES = design(control=0.5, treatment=0.5)


def stores(**arms: int) -> list[Group]:
    """So many stores in each arm, those of treatment ten times as large."""
    return [
        exposed(arm, 10 if arm == "control" else 100, segment=(CLUSTER, f"{arm}{i}"))
        for arm, count in arms.items()
        for i in range(count)
    ]


def checked(*groups: Group, of: dict[str, Any] = HALVES) -> Finding:
    return ClusterRatio().check(study(mean_metric(), design=of), Evidence(cells(*groups), START, {}))


def test_clusters_are_counted_and_not_their_units() -> None:
    found = checked(*stores(control=14, treatment=12))
    assert (found.passed, found.consequence) == (True, "invalidate")
    assert found.sentence == (
        "The arms' clusters fit their planned shares (p = 0.69; control 14 clusters, treatment 12 clusters)."
    )


def test_clusters_that_are_missing_from_an_arm_invalidate() -> None:
    found = checked(*stores(control=40, treatment=12))
    assert (found.passed, found.details) == (False, {"control": 40, "treatment": 12})
    assert found.sentence.startswith("The arms' clusters do not fit their planned shares (p = 0.0001;")


def test_few_clusters_cannot_be_judged() -> None:
    found = checked(*stores(control=4, treatment=4))
    assert (found.passed, found.sentence) == (
        None,
        "Too few clusters to compare the arms with their planned shares (control 4 clusters, treatment 4 clusters).",
    )


def test_clusters_of_an_arm_without_a_share_invalidate() -> None:
    found = checked(*stores(control=9, treatment=9, other=1), of=design(control=0.5, other=0.0, treatment=0.5))
    assert (found.passed, found.sentence) == (
        False,
        "Clusters were seen in 'other', an arm that the plan gives no share"
        " (control 9 clusters, other 1 clusters, treatment 9 clusters).",
    )


def test_size_is_kept() -> None:
    """2000 draws at the level .0005: 1 expected, 6 or more once in 1700."""
    rng = np.random.default_rng(3)
    alarms = 0
    for count in rng.binomial(60, 0.5, 400):
        alarms += checked(*stores(control=int(count), treatment=60 - int(count))).passed is False
    assert alarms <= 2


def test_units_of_two_clusters_are_named_as_such() -> None:
    evidence = Evidence(cells(exposed("control", 90), exposed("treatment", 90), mixed_units=20), START, {})
    found = MixedExposure().check(study(mean_metric(), design=HALVES), evidence)
    assert found.sentence == ("20 of 200 units (10.00 %) were seen in more than one cluster or arm and are left out.")
