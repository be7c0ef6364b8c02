"""Counts of clusters, and which errors they allow."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.difference_in_differences.average_effect import errors_for
from impact_pipeline.stats.difference_in_differences.clusters import Clusters, clusters_of
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn

NONE = np.zeros(1, dtype=np.intp)


def test_units_are_the_clusters_by_default() -> None:
    found = clusters_of(drawn(units=20, treated=8))
    assert (found.count, found.treated, found.untreated, found.nest_units) == (20, 8, 12, True)


def test_a_cluster_with_units_of_both_sides_counts_for_both() -> None:
    found = clusters_of(drawn(units=20, treated=8, clusters=10))
    assert (found.count, found.treated, found.untreated) == (10, 8, 10)


def test_units_that_move_between_clusters_are_seen() -> None:
    panel = drawn(clusters=4)
    assert panel.cluster is not None
    panel.cluster[0] = (panel.cluster[0] + 1) % 4
    assert not clusters_of(panel).nest_units


@pytest.mark.parametrize(
    ("count", "treated", "errors"), [(40, 10, "CR1"), (39, 10, "CR2"), (100, 9, "CR2"), (100, 91, "CR2"), (5, 2, "CR2")]
)
def test_auto_takes_cr1_only_with_enough_clusters_of_both_sides(count: int, treated: int, errors: str) -> None:
    assert errors_for(Clusters(NONE, count, treated, count - treated, True), "auto") == errors


@pytest.mark.parametrize(("treated", "side"), [(1, "1 treated cluster"), (29, "1 untreated cluster")])
def test_auto_refuses_one_cluster_of_a_side(treated: int, side: str) -> None:
    found = errors_for(Clusters(NONE, 30, treated, 30 - treated, True), "auto")
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_clusters"
    assert side in found.detail


def test_errors_that_are_named_are_taken() -> None:
    assert errors_for(Clusters(NONE, 27, 1, 26, True), "CR1") == "CR1"
