from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.doubly_robust import Estimation
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime, group_time_effects
from impact_pipeline_tests.stats.staggered_adoption.panels import drawn

FIRST = [2] * 30 + [4] * 70


def given(**covariates: Array) -> GroupTime | Refusal:
    return group_time_effects(drawn(FIRST, 4, covariates=covariates))


def constant_over_time(values: Array) -> Array:
    return np.repeat(values[:, None], 4, axis=1)


def test_a_covariate_that_separates_the_cohort_is_refused() -> None:
    found = given(size=constant_over_time(np.repeat([5.0, 1.0], [30, 70]) + np.random.default_rng(0).random(100)))
    assert isinstance(found, Refusal)
    assert found.reason == "no_overlap"
    assert found.detail.startswith("covariates tell the cohort that adopts in '2' apart")


@pytest.mark.parametrize("second", [lambda size: 2 * size + 1, lambda size: np.full_like(size, 3.0)])
def test_a_covariate_that_says_nothing_of_its_own_is_refused_by_its_name(second: object) -> None:
    size = constant_over_time(np.random.default_rng(0).normal(size=100))
    found = given(size=size, other=second(size))  # type: ignore[operator]
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    assert found.detail.startswith("'other' does not vary, or is a combination of the covariates before it")


def test_units_of_covariates_do_not_matter() -> None:
    size = constant_over_time(np.random.default_rng(0).normal(size=100))
    one, other = given(size=size), given(size=1e6 * size + 1e9)
    assert isinstance(one, GroupTime)
    assert isinstance(other, GroupTime)
    assert np.allclose(one.effects, other.effects, rtol=0, atol=1e-6)
    assert np.allclose(one.covariance, other.covariance, rtol=0, atol=1e-6)


def test_covariates_that_change_are_taken_from_the_earlier_period() -> None:
    """What covariates are from adoption on has no part in the effects."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=(100, 4))
    later = size.copy()
    later[:, 2:] = rng.normal(size=(100, 2))
    one, other = given(size=size), given(size=later)
    assert isinstance(one, GroupTime)
    assert isinstance(other, GroupTime)
    after = [k for k, cell in enumerate(one.cells) if cell.event >= 0]
    assert np.array_equal(one.effects[after], other.effects[after])


def test_comparison_units_that_look_treated_are_set_aside_and_counted() -> None:
    rng = np.random.default_rng(2)
    size = np.concatenate([rng.normal(3.0, 1.0, 30), rng.normal(-1.0, 1.0, 69), [9.0]])
    found = given(size=constant_over_time(size))
    assert isinstance(found, GroupTime)
    assert found.trimmed == 1


@pytest.mark.parametrize("estimation", ["doubly_robust", "regression", "ipw"])
def test_errors_are_those_of_repeated_samples(estimation: Estimation) -> None:
    """The standard error is, on average, the spread of estimates over samples; both models are right here."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(150):
        size = rng.normal(size=200)
        treated = rng.random(200) < 1 / (1 + np.exp(0.7 - 0.6 * size))
        first = np.where(treated, 1, 2)
        order = np.argsort(first)
        outcome = rng.normal(size=(200, 2))
        outcome[:, 1] += size + 1.0 * treated
        covariates = {"size": np.repeat(size[order, None], 2, axis=1)}
        units = drawn(first[order].tolist(), 2, covariates=covariates)
        units.outcome[:] = outcome[order]
        effects = group_time_effects(units, estimation=estimation)
        assert isinstance(effects, GroupTime)
        found.append((effects.effects[0], effects.std_error(np.array([1.0, 0.0, 0.0]))))
    values, errors = np.array(found).T
    assert values.mean() == pytest.approx(1.0, abs=4 * values.std() / np.sqrt(150))
    assert errors.mean() == pytest.approx(values.std(), rel=4 / np.sqrt(2 * 150))
