from __future__ import annotations

import warnings

import numpy as np
import pytest
from diff_diff import ImputationDiD

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.aggregation import aggregation
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime, group_time_effects
from impact_pipeline.stats.staggered_adoption.imputation import ImputedAverage, imputation
from impact_pipeline_tests.stats.staggered_adoption.panels import cohorts, counties, drawn, panel

SAME_FORMULA = 1e-8
SAME_SOLUTION = 1e-9


def averaged(units: Cohorts, anticipation: int = 0) -> ImputedAverage:
    """Over all treated cells by their units."""
    found = imputation(units, anticipation)
    effects = group_time_effects(units, anticipation=anticipation)
    assert not isinstance(found, Refusal)
    assert isinstance(effects, GroupTime)
    return found.average(effects.cells, aggregation(effects, "simple").overall.weights)


@pytest.mark.parametrize("cluster", ["", "state"])
def test_value_and_error_are_those_of_diff_diff(cluster: str) -> None:
    """Clustered errors of diff-diff lack the factor C / (C - 1)."""
    units = cohorts(panel(counties(), cluster=cluster))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = ImputationDiD(cluster=cluster or None).fit(
            counties(), outcome="lemp", unit="countyreal", time="year", first_treat="g"
        )
    found = averaged(units)
    factor = np.sqrt(units.cluster_count / (units.cluster_count - 1)) if cluster else 1.0
    assert found.value == pytest.approx(other.overall_att, rel=SAME_FORMULA)
    assert np.sqrt(units.squared(found.contributions)) == pytest.approx(other.overall_se * factor, rel=SAME_FORMULA)


@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("given", [False, True])
def test_value_is_that_of_the_regression_with_dummies(anticipation: int, given: bool) -> None:
    """Unit effects, period effects and, for each period, a slope of the covariate, on untouched rows alone."""
    rng = np.random.default_rng(1)
    size, weights = rng.normal(size=12), rng.uniform(0.5, 2.0, 12)
    covariates = {"size": np.repeat(size[:, None], 5, axis=1)} if given else {}
    units = drawn([2, 2, 2, 3, 3, 3, 3, 5, 5, 5, 5, 5], 5, seed=4, weights=weights, covariates=covariates)
    period, unit = np.tile(np.arange(5), 12), np.repeat(np.arange(12), 5)
    dummies = [np.eye(12)[unit], np.eye(5)[period][:, 1:]]
    if given:
        dummies.append(np.eye(5)[period][:, 1:] * size[unit][:, None])
    design, outcome, weight = np.hstack(dummies), units.outcome.ravel(), weights[unit]
    since = period - units.first[unit]
    untouched = (since < -anticipation) | (units.first[unit] == 5)
    root = np.sqrt(weight[untouched])
    slopes = np.linalg.lstsq(design[untouched] * root[:, None], outcome[untouched] * root, rcond=None)[0]
    treated = (since >= 0) & ~(units.first[unit] == 5)
    expected = np.average((outcome - design @ slopes)[treated], weights=weight[treated])
    assert averaged(units, anticipation).value == pytest.approx(expected, rel=SAME_SOLUTION)


def test_the_error_is_that_of_the_linear_weights() -> None:
    """`sum over units of (sum of v e)^2`, with v the estimator's weights on outcomes, found by moving each outcome."""
    units = drawn([2, 2, 2, 3, 3, 5, 5, 5], 5, seed=4)
    found = imputation(units)
    assert not isinstance(found, Refusal)
    weights = np.zeros_like(units.outcome)
    for place in np.ndindex(*weights.shape):
        moved = units.outcome.copy()
        moved[place] += 1.0
        other = Cohorts(units.periods, units.unit, units.first, moved, units.weights)
        weights[place] = averaged(other).value - averaged(units).value
    errors = found.left.copy()
    for rows, label in zip(units.rows, units.labels, strict=True):
        errors[rows, label:] -= errors[rows, label:].mean(axis=0)
    expected = np.sum((weights * errors).sum(axis=1) ** 2)
    assert units.squared(averaged(units).contributions) == pytest.approx(expected, rel=1e-6)


def test_covariates_that_say_nothing_of_their_own_are_refused() -> None:
    size = np.random.default_rng(0).normal(size=(8, 1)) * np.ones(5)
    units = drawn([2, 2, 2, 3, 3, 5, 5, 5], 5, covariates={"size": size, "twice": 2 * size})
    found = imputation(units)
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    assert found.detail.startswith("'twice'")
