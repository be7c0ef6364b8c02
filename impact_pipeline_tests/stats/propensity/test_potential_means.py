"""Errors from influences."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.potential_means import (
    arm_weights,
    balancing_weights,
    covariance,
    crude_means,
    std_error,
)

SCORES = np.linspace(0.1, 0.9, 9)


def test_a_mean_of_influences_has_the_error_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(size=50)
    influence = values - values.mean()
    assert std_error(influence) == pytest.approx(values.std() / np.sqrt(50))


def test_clusters_of_one_unit_are_units_but_for_the_correction() -> None:
    influence = np.random.default_rng(1).normal(size=50)
    assert std_error(influence, np.arange(50)) == pytest.approx(std_error(influence) * np.sqrt(50 / 49))


def test_copies_in_a_cluster_tell_nothing_new() -> None:
    influence = np.random.default_rng(1).normal(size=50)
    copied = std_error(np.repeat(influence, 3), np.repeat(np.arange(50), 3))
    assert copied == pytest.approx(std_error(influence, np.arange(50)))


def test_covariance_has_squared_errors_on_its_diagonal() -> None:
    influences = np.random.default_rng(1).normal(size=(40, 2))
    cluster = np.arange(40) // 4
    for labels in (None, cluster):
        errors = [std_error(column, labels) for column in influences.T]
        np.testing.assert_allclose(np.sqrt(np.diag(covariance(influences, labels))), errors)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize("arm", [0, 1])
def test_slopes_of_weights_are_their_derivatives(estimand: str, arm: int) -> None:
    step = 1e-6
    weights, slopes = arm_weights(SCORES, arm, estimand)  # type: ignore[arg-type]
    above, below = (arm_weights(SCORES + s, arm, estimand)[0] for s in (step, -step))  # type: ignore[arg-type]
    np.testing.assert_allclose(slopes, (above - below) / (2 * step), atol=1e-6)
    assert (weights > 0).all()


def test_weights_of_the_target_are_one_for_the_treated_in_the_att() -> None:
    treatment = (SCORES > 0.5) * 1.0
    own = balancing_weights(SCORES, treatment, "ATT")
    assert (own[treatment == 1] == 1).all()


def test_the_crude_error_is_welchs_with_n() -> None:
    y, d = np.array([1.0, 2.0, 4.0, 3.0, 7.0, 9.0]), np.array([0.0, 0, 0, 1, 1, 1])
    found = crude_means(y, d, np.ones(6))
    assert std_error(found.influence) == pytest.approx(np.sqrt(y[:3].var() / 3 + y[3:].var() / 3))
