"""Named scenarios with what they are held against; each prints its line (`pytest -s`, and always in the slow ones)."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.novelty import ALPHA as NOVELTY_ALPHA
from impact_pipeline.diagnostics.sample_ratio import ALPHA as MISMATCH_ALPHA
from impact_pipeline.diagnostics.sample_ratio import SampleRatio
from impact_pipeline_tests.simulations.lines import CHANCE, Line, at_least, at_most, of_mean
from impact_pipeline_tests.simulations.repairs import (
    control_near_zero,
    few_clusters,
    heavy_tail,
    novelty,
    ramp,
    segments,
    variance_left,
)
from impact_pipeline_tests.simulations.scenarios import (
    exposed,
    mismatch_alarms,
    nightly_looks,
    planned_margin,
    planned_power,
)
from impact_pipeline_tests.small_studies import START, mean_metric, study

ALPHA = 0.05

POINTS = 0.02
"""By how much a plan may miss its power: outcomes are skewed, and a plan knows no estimated slope."""

TAIL = 0.1
"""Percentage points: a capped lift of 100,000 units drawn from a heavy tail."""

EFFORT = pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])
"""Draws of the default suite, and twenty times as many of the slow one."""

Shown = Callable[[Line], Line]


@pytest.fixture
def shown(times: int, capsys: pytest.CaptureFixture[str]) -> Shown:
    def show(line: Line) -> Line:
        if times == 1:
            print(line)  # noqa: T201
            return line
        with capsys.disabled():
            print(f"\n{line}", end="")  # noqa: T201
        return line

    return show


@EFFORT
def test_sixty_nightly_looks_err_no_more_often_than_promised(times: int, shown: Shown) -> None:
    line = shown(nightly_looks(400 * times, seed=1))
    assert line.measured["sequence"] <= ALPHA
    assert line.measured["naive test"] > 0.25


@EFFORT
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5, 0.0)])
def test_thirty_looks_at_the_sample_ratio_keep_its_size(times: int, shown: Shown, shares: tuple[float, ...]) -> None:
    draws = 400 * times
    measured = shown(mismatch_alarms(draws, 2, shares)).measured
    for alpha in (0.05, 0.01, MISMATCH_ALPHA):
        assert measured[f"diagnostic at {alpha:g}"] <= at_most(alpha, draws)
    assert measured["invalid studies"] <= at_most(MISMATCH_ALPHA, draws)
    assert measured["chi-square at 0.05"] > 0.2
    assert measured["chi-square at 0.01"] > 0.04


def test_an_arm_of_weight_zero_lends_no_degree_of_freedom() -> None:
    """50,700 and 49,300 units at even shares, and nobody in a paused arm: 9.5e-6, not the 5.5e-5 of two degrees."""
    even, counts = {"control": 0.5, "treatment": 0.5}, [50_700, 49_300]
    without, paused = (mismatch(weights, counts) for weights in (even, {**even, "paused": 0.0}))
    assert paused.details["chi_square_p_value"] == pytest.approx(9.5e-6, abs=5e-8)
    assert paused.details["degrees_of_freedom"] == 1
    assert (paused.statistic, paused.passed) == (without.statistic, without.passed)


def mismatch(weights: dict[str, float], counts: list[int]) -> Finding:
    planned = study(mean_metric(), design={"type": "randomized", "arms": weights, "control": "control"})
    seen = np.array([[*counts, *[0] * (len(weights) - len(counts))]])
    return SampleRatio().check(planned, Evidence(exposed(weights, seen), START, {}))


@EFFORT
@pytest.mark.parametrize(
    ("metric", "rule", "lift"),
    [
        ("mean", "fixed", 0.25), ("proportion", "fixed", 0.25), ("ratio", "fixed", 0.25), ("rate", "fixed", 0.25),
        ("mean_two_covariates", "fixed", 0.25), ("ratio_two_covariates", "fixed", 0.1),
        ("proportion", "sequence", 0.25), ("mean_one_covariate", "sequence", 0.25),
    ],
)  # fmt: skip
def test_the_planned_effect_is_found_as_often_as_planned(
    times: int, shown: Shown, metric: str, rule: str, lift: float
) -> None:
    """A ratio adjusted to heavy-tailed covariates needs 2,000 units in each arm; at 400 it finds 2.5 points more."""
    assert_as_planned(shown(planned_power(metric, 800 * times, 3, lift=lift, rule=rule)))


@EFFORT
def test_a_guardrail_is_shown_within_its_margin_as_often_as_planned(times: int, shown: Shown) -> None:
    assert_as_planned(shown(planned_margin(800 * times, seed=4)))


def assert_as_planned(line: Line) -> None:
    planned, found = line.measured["planned"], line.measured["found"]
    assert planned == pytest.approx(0.8, abs=0.005)
    assert found == pytest.approx(planned, abs=POINTS + of_mean(sqrt(planned * (1 - planned)), line.draws))


@EFFORT
@pytest.mark.parametrize("rho", [0.3, 0.7, 0.9])
def test_cuped_leaves_one_less_the_squared_correlation(times: int, shown: Shown, rho: float) -> None:
    """Deng, Xu, Kohavi, Walker (2013), WSDM, equation (4)."""
    line = shown(variance_left(400 * times, 10, rho))
    told, seen, left = (line.measured[name] for name in ("told", "seen", "1 - rho^2"))
    assert told == pytest.approx(left, abs=of_mean(line.measured["sd of told"], line.draws))
    assert seen == pytest.approx(left, rel=CHANCE * sqrt(4 * rho**2 / line.draws))


def test_a_ramp_is_read_by_its_phases() -> None:
    line = ramp()
    print(line)  # noqa: T201
    assert round(line.measured["by phase"], 2) == 0.24
    assert round(line.measured["pooled"], 2) == -0.46
    assert line.measured["lower"] > 0 > line.measured["upper"]


def test_a_capped_heavy_tail_reads_less_than_the_lift() -> None:
    """A log-normal of spread 1.5 capped at its 99.5 % point: what lies above the cap does not grow."""
    line = heavy_tail(100_000, seed=2)
    print(line)  # noqa: T201
    assert line.measured["capped"] == pytest.approx(4.6, abs=TAIL)
    assert line.measured["capped"] == pytest.approx(line.measured["in theory"], abs=TAIL)
    assert line.measured["uncapped"] == pytest.approx(5, abs=0.01)


@EFFORT
@pytest.mark.parametrize("errors", [2.5, 4.0])
def test_a_lift_over_a_control_near_zero_is_covered_or_refused(times: int, shown: Shown, errors: float) -> None:
    """Fieller's sets hold the lift as often as they say, all of them; those that are unbounded are told as such."""
    draws = 2000 * times
    measured = shown(control_near_zero(draws, 3, errors)).measured
    assert measured["held"] >= at_least(0.95, draws)
    assert measured["held of those with one"] >= at_least(0.95, draws // 2)
    assert measured["no interval"] > 0.01
    assert measured["delta method"] < 0.945


@EFFORT
@pytest.mark.parametrize("clusters", [6, 10, 20])
def test_few_clusters_keep_their_size(times: int, shown: Shown, clusters: int) -> None:
    """Bell, McCaffrey (2002): a test of units taken for independent rejects a third and more of the time."""
    draws = 2000 * times
    measured = shown(few_clusters(draws, 4, clusters)).measured
    assert at_least(ALPHA, draws) - SATTERTHWAITE <= measured["CR2"] <= at_most(ALPHA, draws) + SATTERTHWAITE
    assert measured["units"] > 0.3
    assert measured["mean df"] < clusters - 2


SATTERTHWAITE = 0.005
"""What its approximation leaves of clusters whose sizes differ threefold."""


@EFFORT
def test_effects_that_are_equal_in_all_segments_are_told_apart_no_more_often_than_promised(
    times: int, shown: Shown
) -> None:
    draws = 300 * times
    assert shown(segments(draws, 5)).measured["found"] <= at_most(ALPHA, draws)
    assert shown(segments(draws, 6, differ=200.0)).measured["found"] > 0.9


@EFFORT
def test_a_lift_that_fades_is_told_and_one_that_lasts_is_not(times: int, shown: Shown) -> None:
    draws = 60 * times
    assert shown(novelty(draws, 7, fading=False)).measured["told"] <= at_most(NOVELTY_ALPHA, draws)
    assert shown(novelty(draws, 8, fading=True)).measured["told"] > 0.95
