"""Tests of differences between estimators: their size when nothing differs."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.agreement import Agreement, agreement
from impact_pipeline.stats.propensity.potential_means import PotentialMeans

N = 400
NONE = np.zeros(N)


def _means(effect: float, influence: object) -> PotentialMeans:
    return PotentialMeans(0.0, effect, NONE, np.asarray(influence))


def test_equal_estimators_agree() -> None:
    noise = np.random.default_rng(1).normal(size=N)
    found = agreement(_means(1.0, noise), {"same": _means(1.0, noise)})
    assert found.holds
    assert found.p_value == 1.0


def test_a_difference_beyond_its_error_fails() -> None:
    rng = np.random.default_rng(1)
    found = agreement(_means(0.0, rng.normal(size=N)), {"far": _means(1.0, rng.normal(size=N))})
    assert not found.holds
    assert found.farthest == "far"


def test_a_difference_too_small_to_matter_holds() -> None:
    noise = np.random.default_rng(1).normal(size=N)
    shifted = _means(0.01, noise + 0.001 * np.random.default_rng(2).normal(size=N))
    found = agreement(_means(0.0, noise), {"near": shifted})
    assert found.p_value < 1e-6
    assert found.holds


def test_copies_count_once() -> None:
    rng = np.random.default_rng(3)
    reference, other = _means(0.0, rng.normal(size=N)), _means(0.2, rng.normal(size=N))
    once, twice = agreement(reference, {"a": other}), agreement(reference, {"a": other, "b": other})
    assert twice.p_value == pytest.approx(once.p_value)


def test_p_values_of_chance_are_uniform() -> None:
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(400):
        own, other = rng.normal(size=(2, N))
        found = agreement(_means(own.mean(), own - own.mean()), {"other": _means(other.mean(), other - other.mean())})
        assert isinstance(found, Agreement)
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.035)
