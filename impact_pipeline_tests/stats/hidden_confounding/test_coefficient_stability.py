from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from impact_pipeline.stats.hidden_confounding.coefficient_stability import Stability, stability
from impact_pipeline.stats.refusal import Refusal

EXACT = 1e-9


@dataclass(frozen=True)
class World:
    """Orthogonal columns in which selection on what is hidden is `delta` times that on the covariates, exactly."""

    effect: float
    delta: float
    hidden: float
    found: Stability
    r_squared_max: float


def world(effect: float, delta: float, hidden: float) -> World:
    n = 400
    columns = np.random.default_rng(1).normal(size=(n, 6))
    basis = np.linalg.qr(columns - columns.mean(axis=0))[0].T * n**0.5
    seen = basis[0] + 0.5 * basis[1]
    unseen = hidden * basis[2]
    treatment = 0.4 * (seen + delta * unseen) + basis[3]
    outcome = effect * treatment + seen + unseen + basis[4]
    found = stability(outcome, treatment, {"a": basis[0], "b": basis[1]})
    assert isinstance(found, Stability)
    return World(effect, delta, hidden, found, 1 - n / float(np.sum(outcome**2)))


WORLDS = [(1.0, 1.0, 1.0), (1.0, 0.5, 0.7), (0.0, 2.0, 0.7), (-2.0, 0.75, 0.7), (0.3, -0.5, 0.5)]


@pytest.mark.parametrize(("effect", "delta", "hidden"), WORLDS)
def test_delta_of_the_true_effect_is_that_of_the_world(effect: float, delta: float, hidden: float) -> None:
    one = world(effect, delta, hidden)
    assert one.found.delta(one.r_squared_max, effect) == pytest.approx(delta, abs=EXACT)


@pytest.mark.parametrize(("effect", "delta", "hidden"), WORLDS)
def test_effect_at_the_worlds_delta_is_the_true_one(effect: float, delta: float, hidden: float) -> None:
    one = world(effect, delta, hidden)
    assert one.found.effect(one.r_squared_max, delta) == pytest.approx(effect, abs=EXACT)


def test_nothing_hidden_moves_nothing() -> None:
    one = world(1.0, 0.5, 0.7).found
    assert one.effect(one.controlled_r_squared) == pytest.approx(one.controlled)
    assert one.effect(0.99, 0.0) == pytest.approx(one.controlled)


def test_covariates_that_do_not_move_the_coefficient_leave_no_selection_to_multiply() -> None:
    still = Stability(1.0, 0.2, 1.0, 0.6, 10.0, 1.0, 1.0)
    assert still.delta(0.8) == np.inf
    assert still.effect(0.8) == pytest.approx(1.0)


def test_a_regression_that_is_refused_refuses_its_stability() -> None:
    x = np.arange(20.0)
    found = stability(np.sin(x), x, {"x": x})
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    constant = stability(np.sin(x), np.ones(20), {"x": x})
    assert isinstance(constant, Refusal)


def test_weights_count_as_copies() -> None:
    rng = np.random.default_rng(2)
    x, d, y = rng.normal(size=(3, 30))
    copies = rng.integers(1, 4, size=30)
    weighted = stability(y, d + x, {"x": x}, copies.astype(float))
    copied = stability(*(np.repeat(own, copies) for own in (y, d + x)), {"x": np.repeat(x, copies)})
    assert isinstance(weighted, Stability)
    assert isinstance(copied, Stability)
    assert weighted.delta(0.9) == pytest.approx(copied.delta(0.9), rel=1e-9)
