from __future__ import annotations

from typing import ClassVar

import pytest

from impact_pipeline.catalog.designs import BLOCKS_RANDOMISED, CLUSTERS_RANDOMISED, RANDOMISED, UNITS_RANDOMISED
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.question import Answer, Question
from impact_pipeline.estimators.registry import ESTIMATORS, estimator_for, why_none
from impact_pipeline_tests.small_studies import mean_metric, proportion_metric, quantile_metric, ratio_metric

COVARIATES = ["orders_before"]


def chosen(design: str, metric: Metric, wanted: str | None = None) -> str | None:
    found = estimator_for(design, metric, metric.readings()[0], wanted)
    return None if found is None else found.name


def reason(design: str, metric: Metric, wanted: str | None = None) -> str:
    return why_none(design, metric, metric.readings()[0], wanted)


@pytest.mark.parametrize("design", sorted(UNITS_RANDOMISED))
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mean_metric(), "difference_in_means"),
        (proportion_metric(), "difference_in_means"),
        (ratio_metric(), "ratio_of_sums"),
        (quantile_metric(), "difference_in_quantiles"),
        (mean_metric(covariates=COVARIATES), "cuped"),
        (proportion_metric(covariates=COVARIATES), "cuped"),
        (ratio_metric(covariates=COVARIATES), "cuped"),
    ],
)
def test_covariates_are_used_exactly_when_declared(design: str, metric: Metric, expected: str) -> None:
    assert chosen(design, metric) == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mean_metric(), "clustered_means"),
        (ratio_metric(), "clustered_means"),
        (mean_metric(covariates=COVARIATES), "clustered_cuped"),
    ],
)
def test_randomised_clusters_have_estimators_of_their_own(metric: Metric, expected: str) -> None:
    assert chosen("cluster_randomized", metric) == expected


def test_an_estimator_can_be_asked_for_by_name() -> None:
    adjusted = mean_metric(covariates=COVARIATES)
    assert chosen("randomized", adjusted, "regression_adjustment") == "regression_adjustment"
    assert chosen("randomized", adjusted, "cuped") == "cuped"


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        (mean_metric(), "regression_adjustment"),
        (mean_metric(), "ratio_of_sums"),
        (mean_metric(covariates=COVARIATES), "difference_in_means"),
        (mean_metric(), "clustered_means"),
        (mean_metric(), "difference_in_medians"),
    ],
)
def test_an_estimator_that_does_not_fit_is_not_replaced_by_another(metric: Metric, wanted: str) -> None:
    assert chosen("randomized", metric, wanted) is None


def test_an_estimator_that_does_not_fit_is_named_with_those_that_do() -> None:
    assert reason("randomized", mean_metric(covariates=COVARIATES), "difference_in_means") == (
        "estimator 'difference_in_means' does not take this metric under a randomized design; "
        "those that do: cuped, regression_adjustment"
    )
    assert reason("cluster_randomized", quantile_metric(), "difference_in_quantiles") == (
        "estimator 'difference_in_quantiles' does not take this metric under a cluster_randomized design; "
        "those that do: none"
    )


def test_a_metric_that_no_estimator_takes_is_named_with_its_design() -> None:
    assert chosen("cluster_randomized", quantile_metric()) is None
    assert reason("cluster_randomized", quantile_metric()) == (
        "no estimator takes a quantile metric under a cluster_randomized design"
    )


def test_an_unknown_design_has_no_estimator() -> None:
    assert chosen("synthetic_control", mean_metric()) is None


def test_the_first_that_accepts_answers() -> None:
    class Second:
        name: ClassVar[str] = "second"
        designs: ClassVar[frozenset[str]] = RANDOMISED
        forms: ClassVar[frozenset[str]] = frozenset({"mean"})
        uses_covariates: ClassVar[bool] = False

        def answer(self, question: Question) -> Answer:
            raise NotImplementedError

    metric = mean_metric()
    found = estimator_for("randomized", metric, metric.readings()[0], estimators=[Second(), *ESTIMATORS])
    assert found is not None
    assert found.name == "second"


def test_names_are_unique_and_designs_known() -> None:
    assert len({estimator.name for estimator in ESTIMATORS}) == len(ESTIMATORS)
    assert {design for estimator in ESTIMATORS for design in estimator.designs} == RANDOMISED | BLOCKS_RANDOMISED
    assert CLUSTERS_RANDOMISED < RANDOMISED
