from __future__ import annotations

from math import inf, sqrt
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impact_pipeline.stats import boundary_crossing
from impact_pipeline.stats.boundary_crossing import START, Paths, crossing, widths

PRINTED = 0.0006
"""Figures are printed with three digits."""

ORACLE = 2e-5
"""Scipy's integration of the multivariate normal is itself only this exact."""

EXACT = 1e-11


@pytest.mark.parametrize(
    ("looks", "error"),
    [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248), (50, 0.32)],
)
def test_repeated_tests_err_as_armitage_mcpherson_and_rowe_say(looks: int, error: float) -> None:
    """Armitage, McPherson, Rowe (1969), JRSS A 132: two-sided tests at .05, repeated."""
    found = crossing(np.arange(1, looks + 1).tolist(), [1.959964] * looks)
    assert found.upper.sum() + found.lower.sum() == pytest.approx(error, abs=PRINTED)


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("drift", [0.0, 1.5, -2.0])
def test_crossing_is_what_is_lost_of_a_multivariate_normal(sides: Literal[1, 2], drift: float) -> None:
    information, bounds = np.array([0.2, 0.55, 0.7, 1.0]), np.array([2.6, 2.2, 2.3, 1.9])
    found = crossing(information.tolist(), bounds.tolist(), drift=drift, sides=sides)
    kept = 1 - np.cumsum(found.upper + found.lower)
    for looks in range(1, 5):
        t = information[:looks]
        joint = stats.multivariate_normal(drift * np.sqrt(t), np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t)))
        lower = -bounds[:looks] if sides == 2 else np.full(looks, -inf)
        assert kept[looks - 1] == pytest.approx(joint.cdf(bounds[:looks], lower_limit=lower), abs=ORACLE)


def test_a_drift_mirrored_crosses_the_other_bound() -> None:
    up = crossing([0.3, 0.6, 1.0], [2.5, 2.2, 2.0], drift=1.7)
    down = crossing([0.3, 0.6, 1.0], [2.5, 2.2, 2.0], drift=-1.7)
    np.testing.assert_allclose(up.upper, down.lower, rtol=EXACT)
    np.testing.assert_allclose(up.lower, down.upper, rtol=EXACT)


def test_only_ratios_of_information_matter_without_drift() -> None:
    units = crossing([2000, 5000, 9000], [2.5, 2.2, 2.0])
    np.testing.assert_allclose(units.upper, crossing([2 / 9, 5 / 9, 1.0], [2.5, 2.2, 2.0]).upper, rtol=EXACT)


def test_finer_panels_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    information, bounds = [0.01, 0.4, 0.41, 0.8, 0.8001, 1.0], [3.1, 2.6, 2.6, 2.3, 2.3, 2.0]
    coarse = crossing(information, bounds, drift=0.7)
    monkeypatch.setattr(boundary_crossing, "PANEL", 3.0)
    fine = crossing(information, bounds, drift=0.7)
    np.testing.assert_allclose(coarse.upper, fine.upper, rtol=0, atol=EXACT)
    np.testing.assert_allclose(coarse.lower, fine.lower, rtol=0, atol=EXACT)


def test_a_look_that_adds_hardly_anything_crosses_hardly_anything_more() -> None:
    found = crossing([0.5, 0.5 + 1e-8, 1.0], [2.0, 2.0, 2.0])
    assert 0 < found.upper[1] < 1e-5
    assert found.upper[2] == pytest.approx(crossing([0.5, 1.0], [2.0, 2.0]).upper[1], abs=1e-5)


def test_a_bound_of_infinity_is_no_look() -> None:
    found = crossing([0.5, 0.8, 1.0], [2.0, inf, 2.0])
    assert found.upper[1] == 0.0
    assert found.upper[2] == pytest.approx(crossing([0.5, 1.0], [2.0, 2.0]).upper[1], rel=1e-10)


def test_nobody_is_left_after_a_look_that_all_cross() -> None:
    found = crossing([0.5, 1.0], [2.0, 2.0], drift=60.0)
    np.testing.assert_allclose(found.upper, [1.0, 0.0], atol=1e-15)
    assert START.within(-inf, -20.0, 1.0, 0.5).mass.size == 0


@given(
    bound=st.floats(0.1, 8.0),
    first=st.floats(0.05, 0.9),
    chance=st.floats(1e-30, 0.4),
    sides=st.sampled_from([1, 2]),
)
def test_score_with_a_chance_is_exceeded_with_that_chance(
    bound: float, first: float, chance: float, sides: int
) -> None:
    lower = -bound * sqrt(first) if sides == 2 else -inf
    paths = START.within(lower, bound * sqrt(first), first, float(widths([first, 1.0])[0]))
    if chance < 0.9 * paths.mass.sum():
        assert paths.above(paths.score_with(chance, 1.0), 1.0) == pytest.approx(chance, rel=1e-9)


def test_a_chance_of_nothing_lies_beyond_infinity_and_more_than_is_left_nowhere() -> None:
    few = START.within(-inf, -1.0, 0.5, 0.5)
    assert few.score_with(0.0, 1.0) == inf
    assert few.score_with(0.5, 1.0) == -inf
    assert Paths(0.5, np.empty(0), np.empty(0)).score_with(0.1, 1.0) == -inf


@pytest.mark.parametrize("information", [[0.0, 1.0], [0.5, 0.5], [0.6, 0.4], [-1.0, 2.0]])
def test_information_that_does_not_rise_is_refused(information: list[float]) -> None:
    with pytest.raises(ValueError, match="information must rise from look to look, from above 0, found"):
        crossing(information, [2.0, 2.0])
