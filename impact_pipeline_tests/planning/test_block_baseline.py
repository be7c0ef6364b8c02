"""A switchback planned from blocks of the past: what it promises is what studies of such blocks find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.random import Generator

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.planning.baseline import Baseline, baseline_of
from impact_pipeline.planning.enrolment import Enrolled
from impact_pipeline.planning.metric_test import MetricTest
from impact_pipeline.planning.power_plan import plan_power
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, merged
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.switchback import SwitchbackMeans, adjusted_means, blocks
from impact_pipeline_tests.planning.pasts import history_of
from impact_pipeline_tests.small_studies import Array, Group, cells, mean_metric, study

DESIGN = {
    "type": "switchback", "cluster": "region", "block_minutes": 60, "arms": {"control": 0.5, "treatment": 0.5},
    "control": "control",
}  # fmt: skip
POWER = 0.8
FAST, MANY = (10, 30), (60, 60)
FAST_POINTS, MANY_POINTS = 0.08, 0.02
"""Three standard errors of a share of 0.8 in so many studies, and in the fast ones what ten pasts leave open."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`persists` is the share of a region's shock that its next block inherits."""

    name: str
    regions: int
    periods: int
    persists: float


SCENARIOS = (
    Scenario("ten regions", 10, 40, 0.0),
    Scenario("ten regions, shocks that last", 10, 40, 0.6),
    Scenario("three regions over time", 3, 80, 0.3),
)
BY_NAME = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def outcomes(scenario: Scenario, rng: Generator) -> Array:
    """By region and period: levels of their own, hours of the day, and noise of variance 900 that may last."""
    shape = scenario.regions, scenario.periods
    fresh = rng.normal(0, 30 * np.sqrt(1 - scenario.persists**2), shape)
    noise = rng.normal(0, 30, shape)
    for period in range(1, scenario.periods):
        noise[:, period] = scenario.persists * noise[:, period - 1] + fresh[:, period]
    level = 500 + 100 * np.arange(scenario.regions)[:, None]
    return np.rint(level + 80 * np.sin(np.arange(scenario.periods) / 4)[None] + noise).astype(np.int64)


def past(y: Array) -> Cells:
    """Every block has the control."""
    found = {place: Moments(n=1, y=int(value), yy=int(value) ** 2) for place, value in np.ndenumerate(y)}
    groups = [
        Group("control", {"orders": one}, segment=(CLUSTER, f"r{region}@{100 + period}"))
        for (region, period), one in found.items()
    ]
    return cells(*groups, Group("control", {"orders": merged(list(found.values()))}, segment=ALL_UNITS))


def planned(of: Study, y: Array) -> MetricTest:
    found = plan_power(of, history_of(of, past(y), [y.size // 7] * 7))
    return found.planned[0].test


def found_share(scenario: Scenario, repeated: tuple[int, int], seed: int) -> float:
    """The share of studies with as many blocks as their past whose estimator finds the least effect planned for."""
    rng, (pasts, studies) = np.random.default_rng(seed), repeated
    found = []
    for _ in range(pasts):
        y = outcomes(scenario, rng)
        effect = planned(study(mean_metric(), design=DESIGN, days=7), y).minimal_effect(Enrolled(y.size, (0.5, 0.5)))
        assert isinstance(effect, float), effect
        found += [significant(outcomes(scenario, rng), effect, rng) for _ in range(studies)]
    return float(np.mean(found))


def significant(y: Array, effect: float, rng: Generator) -> bool:
    treated = rng.random(y.shape) < 0.5
    region, period = np.indices(y.shape)
    observed = (y + effect * treated).ravel()
    of = blocks(region.ravel(), period.ravel(), treated.ravel(), observed, np.ones(y.size))
    means = adjusted_means(of)
    assert isinstance(means, SwitchbackMeans)
    return float(np.asarray(difference(means.means, 0.05, y.size).p_value)) < 0.05


@BY_NAME
def test_the_least_effect_is_found_as_often_as_planned(scenario: Scenario) -> None:
    assert found_share(scenario, FAST, seed=11) == pytest.approx(POWER, abs=FAST_POINTS)


@pytest.mark.slow
@BY_NAME
def test_power_as_planned_over_many_studies(scenario: Scenario) -> None:
    assert found_share(scenario, MANY, seed=110) == pytest.approx(POWER, abs=MANY_POINTS)


def baseline(y: Array, **design: object) -> Baseline | NoPlan:
    of = study(mean_metric(), design={**DESIGN, **design}, days=7)
    return baseline_of(of, past(y), of.uses[0])


def test_levels_of_regions_and_hours_do_not_count_as_chance() -> None:
    """The blocks' own variance is far above the 900 of their noise, of which nine tenths of the blocks tell."""
    y = outcomes(SCENARIOS[0], np.random.default_rng(2))
    found = baseline(y)
    assert isinstance(found, Baseline)
    assert found.variance == pytest.approx(900 / 0.9, rel=0.1)
    assert np.var(y) > 50_000


def test_errors_by_region_keep_their_degrees_of_freedom_however_long_a_study_is() -> None:
    found = baseline(outcomes(SCENARIOS[0], np.random.default_rng(3)))
    assert isinstance(found, Baseline)
    comparison = found.comparison(400, (0.5, 0.5))
    assert comparison.degrees_of_freedom(400) == pytest.approx(8.5, abs=0.6)
    longer = found.comparison(6000, (0.5, 0.5))
    assert longer.degrees_of_freedom(6000) == pytest.approx(comparison.degrees_of_freedom(400))


def test_errors_over_time_gain_degrees_of_freedom_with_the_blocks() -> None:
    found = baseline(outcomes(SCENARIOS[2], np.random.default_rng(3)))
    assert isinstance(found, Baseline)
    once, twice = (found.comparison(n, (0.5, 0.5)).degrees_of_freedom(n) for n in (240, 480))
    assert twice == pytest.approx(2 * once)


def test_too_few_periods_are_told() -> None:
    found = baseline(outcomes(Scenario("short", 3, 8, 0.0), np.random.default_rng(4)))
    assert isinstance(found, NoPlan)
    assert found.detail == "of history's blocks: 3 units over 8 periods; errors need 6 units or 10 periods"


def test_metrics_of_blocks_are_taken_to_be_independent() -> None:
    """Their correlation over blocks would be that of their regions."""
    of = study(mean_metric(), design=DESIGN, days=7)
    plan = plan_power(of, history_of(of, past(outcomes(SCENARIOS[0], np.random.default_rng(5)))))
    assert not isinstance(plan.decision, NoPlan)
    assert not plan.decision.correlated
