from __future__ import annotations

import pytest

from impact_pipeline.catalog.metric import Metric
from impact_pipeline.estimators.registry import ESTIMATORS, estimator_for
from impact_pipeline_tests.small_studies import mean_metric, proportion_metric, ratio_metric


@pytest.mark.parametrize("design", ["randomized", "staged_rollout"])
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mean_metric(), "difference_in_means"),
        (proportion_metric(), "difference_in_means"),
        (ratio_metric(), "ratio_of_sums"),
        (mean_metric(covariate="orders_before"), "cuped"),
        (proportion_metric(covariate="orders_before"), "cuped"),
        (ratio_metric(covariate="orders_before"), "cuped"),
    ],
)
def test_a_covariate_is_used_exactly_when_declared(design: str, metric: Metric, expected: str) -> None:
    found = estimator_for(design, metric)
    assert found is not None
    assert found.name == expected


def test_an_unknown_design_has_no_estimator() -> None:
    assert estimator_for("synthetic_control", mean_metric()) is None


def test_names_are_unique() -> None:
    assert len({estimator.name for estimator in ESTIMATORS}) == len(ESTIMATORS)
