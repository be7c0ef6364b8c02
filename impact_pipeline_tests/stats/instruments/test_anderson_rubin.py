from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import f

from impact_pipeline.stats.instruments.anderson_rubin import AndersonRubin, anderson_rubin
from impact_pipeline.stats.instruments.instrumented import Errors, Instrumented, instrumented
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.instruments.drawn import Draw, card, drawn

ERRORS: tuple[Errors, ...] = ("classical", "HC1", "cluster")
EDGE = 1e-6
"""A bound is where the test's p-value is alpha: a root of a polynomial, found to about eight digits."""


def set_of(rows: Instrumented) -> AndersonRubin:
    found = anderson_rubin(rows)
    assert isinstance(found, AndersonRubin), found
    return found


def p_value(draw: Draw, errors: Errors, effect: float) -> float:
    """Of one effect, by regressing `y - effect d` on instruments and covariates anew."""
    moved = instrumented(
        draw.outcome - effect * draw.treatment, draw.treatment, draw.instruments, draw.covariates,
        errors=errors, cluster=draw.cluster if errors == "cluster" else None,
    )  # fmt: skip
    assert isinstance(moved, Instrumented)
    return set_of(moved).p_value


def test_set_of_published_rows() -> None:
    """Card (1995): the reference set is [.0248, .2848] at 5 %."""
    ((lower, upper),) = set_of(card("nearc4")).intervals
    assert (lower, upper) == pytest.approx((0.0248, 0.2848), abs=5e-5)


def test_p_value_is_that_of_the_joint_f_test_of_the_reduced_form() -> None:
    draw = drawn(1)
    full = np.column_stack([draw.exogenous, draw.excluded])
    sums = [
        float(np.sum((draw.outcome - x @ np.linalg.lstsq(x, draw.outcome)[0]) ** 2)) for x in (draw.exogenous, full)
    ]
    statistic = (sums[0] - sums[1]) / 3 / (sums[1] / (400 - 6))
    found = set_of(draw.rows("classical"))
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p_value == pytest.approx(f.sf(statistic, 3, 394), rel=1e-9)


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("instruments", [1, 3])
@pytest.mark.parametrize("strength", [0.5, 0.12, 0.02])
def test_set_holds_exactly_the_effects_that_are_not_rejected(errors: Errors, instruments: int, strength: float) -> None:
    draw = drawn(2, instruments=instruments, strength=strength)
    found = set_of(draw.rows(errors))
    for bound in np.ravel(found.intervals):
        if np.isfinite(bound):
            assert p_value(draw, errors, float(bound)) == pytest.approx(0.05, abs=EDGE)
    for effect in np.concatenate([np.linspace(-3, 3, 25), [-1e3, 1e3]]):
        inside = any(lower <= effect <= upper for lower, upper in found.intervals)
        assert inside == (p_value(draw, errors, float(effect)) >= 0.05)


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_set_moves_with_the_units_of_measurement(errors: Errors, scale: float) -> None:
    draw = drawn(3)
    found = set_of(draw.rows(errors))
    scaled = instrumented(
        draw.outcome * scale + 5, draw.treatment, {name: own / scale for name, own in draw.instruments.items()},
        draw.covariates, errors=errors, cluster=draw.cluster if errors == "cluster" else None,
    )  # fmt: skip
    assert isinstance(scaled, Instrumented)
    assert np.ravel(set_of(scaled).intervals) == pytest.approx(np.ravel(found.intervals) * scale, rel=1e-6)


def by_hand(z: Array, d: Array, y: Array) -> AndersonRubin:
    rows = instrumented(y, d, {"z": z}, {}, errors="classical")
    assert isinstance(rows, Instrumented)
    return set_of(rows)


def test_irrelevant_instruments_leave_every_number_or_all_but_some() -> None:
    rng = np.random.default_rng(4)
    shapes = set()
    for _ in range(60):
        z, d, noise = rng.normal(size=(3, 60))
        found = by_hand(z, d, noise + 0.5 * z * rng.integers(2))
        shapes.add((len(found.intervals), found.is_bounded))
        assert found.intervals
    assert {(1, False), (2, False)} <= shapes


def test_instruments_that_contradict_each_other_leave_an_empty_set() -> None:
    z = np.random.default_rng(5).normal(size=(4, 500))
    rows = instrumented(z[0] - z[1] + z[3], z[0] + z[1] + z[2], {"a": z[0], "b": z[1]}, {})
    assert isinstance(rows, Instrumented)
    found = set_of(rows)
    assert (found.intervals, found.hull, found.is_bounded, found.told()) == ((), None, True, "empty")


@pytest.mark.parametrize(
    ("intervals", "told"),
    [
        (((-np.inf, np.inf),), "every number"),
        (((1.0, np.inf),), "above 1"),
        (((0.25, 0.5), (2.0, 3.0)), "from 0.25 to 0.5 or from 2 to 3"),
    ],
)
def test_set_in_words(intervals: tuple[tuple[float, float], ...], told: str) -> None:
    assert AndersonRubin(1.0, 0.5, intervals).told() == told


def test_more_instruments_than_clusters_are_refused() -> None:
    draw = drawn(6, instruments=4)
    rows = instrumented(
        draw.outcome, draw.treatment, draw.instruments, draw.covariates, errors="cluster", cluster=draw.cluster % 3
    )
    assert isinstance(rows, Instrumented)
    found = anderson_rubin(rows)
    assert isinstance(found, Refusal)
    assert "4 instruments need more than 3 clusters" in found.detail


def test_an_outcome_without_error_is_refused() -> None:
    z = np.random.default_rng(7).normal(size=(2, 50))
    rows = instrumented(2 * (z[0] + z[1]), z[0] + z[1], {"z": z[0]}, {})
    assert isinstance(rows, Instrumented)
    found = anderson_rubin(rows)
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"


def covered(errors: Errors, draws: int, instruments: int, strength: float) -> int:
    found = (
        set_of(drawn(seed, n=250, instruments=instruments, strength=strength).rows(errors)) for seed in range(draws)
    )
    return sum(any(lower <= 0.5 <= upper for lower, upper in one.intervals) for one in found)


@pytest.mark.parametrize("instruments", [1, 3])
def test_sets_of_weak_instruments_cover_the_truth(instruments: int) -> None:
    """Target of 200: 181 to 199."""
    assert 181 <= covered("HC1", 200, instruments, strength=0.05) <= 199


@pytest.mark.slow
@pytest.mark.parametrize("errors", ["HC1", "cluster"])
@pytest.mark.parametrize("strength", [0.0, 0.05, 0.5])
def test_sets_cover_whatever_the_strength(errors: Errors, strength: float) -> None:
    assert 0.925 <= covered(errors, 2000, 2, strength) / 2000 <= 0.97
