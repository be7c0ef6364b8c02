from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.few_clusters import FewClusters
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


@pytest.mark.parametrize(
    ("units", "treated", "errors", "passed"),
    [
        (60, 30, "auto", True), (60, 10, "CR1", True), (60, 9, "CR1", False), (60, 52, "CR1", False),
        (60, 1, "CR1", False), (20, 2, "auto", True), (20, 2, "CR2", True), (20, 5, "wild_bootstrap", True),
        (20, 4, "wild_bootstrap", False),
    ],
)  # fmt: skip
def test_each_kind_of_errors_needs_its_clusters(units: int, treated: int, errors: str, passed: bool) -> None:
    found = checked(FewClusters(), panel(units=units, treated=treated), errors=errors).finding
    assert found.passed is passed
    assert found.consequence == "never_ship"
    assert found.details["treated"] == treated


@pytest.mark.parametrize("errors", ["classical", "HC1"])
def test_errors_that_ignore_clusters_fail_on_a_panel(errors: str) -> None:
    found = checked(FewClusters(), panel(), errors=errors).finding
    assert found.passed is False
    assert "take errors by cluster" in found.sentence


def test_rows_that_stand_alone_are_not_judged_and_clustered_ones_are() -> None:
    sample = sections()
    assert checked(FewClusters(), sample, estimator="group_means").finding.passed is None
    clustered = replace(sample, cluster=np.arange(len(sample)) % 12)
    found = checked(FewClusters(), clustered, estimator="group_means").finding
    assert found.passed
    assert found.details["clusters"] == 12
