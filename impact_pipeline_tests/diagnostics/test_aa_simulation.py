from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.aa_simulation import ALPHA, AaSimulation
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.estimators.aa_simulation import simulate_aa
from impact_pipeline.stats.random_halves import RejectionRate
from impact_pipeline_tests.diagnostics.false_alarms import assert_kept, tell_rates
from impact_pipeline_tests.estimators.bins import bins, drawn
from impact_pipeline_tests.small_studies import START, Array, cells, mean_metric, study

TWO = study(mean_metric(), mean_metric("revenue"))


def judged(found: Mapping[str, RejectionRate], asked: Study = TWO) -> Finding:
    return AaSimulation().check(asked, Evidence(cells(), START, {}, random_halves=found))


def simulated(**outcomes: Array) -> Finding:
    return judged(simulate_aa(TWO, bins({name: (y,) for name, y in outcomes.items()})))


def rate(share: float, p_value: float, uniform: float = 0.5) -> RejectionRate:
    return RejectionRate(share, 0.05, 500, p_value, uniform)


def test_metrics_whose_intervals_keep_their_promise_pass() -> None:
    found = judged({"orders": rate(0.044, 0.6), "revenue": rate(0.068, 0.2)})
    assert (found.passed, found.statistic, found.threshold, found.consequence) == (True, 0.2, ALPHA / 2, "hold")
    assert found.sentence == (
        "Intervals keep their promise: 6.8 % of 500 random halves of one arm differ in Revenue, where 5 % should"
        " (p = 0.2)."
    )
    assert (found.details["rate orders"], found.details["uniform_p_value orders"]) == (0.044, 0.5)


def test_a_metric_whose_errors_are_larger_than_told_holds_the_study_and_is_named() -> None:
    found = judged({"orders": rate(0.2, 1e-7), "revenue": rate(0.05, 0.5)})
    assert (found.passed, found.consequence, found.statistic) == (False, "hold", 1e-7)
    assert found.sentence == (
        "Intervals cannot be believed: 20.0 % of 500 random halves of one arm differ in Orders, where 5 % should"
        " (p = 1e-07)."
    )


def test_each_metric_gets_its_share_of_alpha() -> None:
    assert judged({"orders": rate(0.13, 0.0008), "revenue": rate(0.05, 0.5)}).passed is True
    assert judged({"orders": rate(0.13, 0.0008)}).passed is False


def test_units_that_move_together_fail_and_independent_ones_pass() -> None:
    rng = np.random.default_rng(1)
    assert simulated(orders=drawn(rng), revenue=drawn(rng)).passed is True
    found = simulated(orders=drawn(rng), revenue=drawn(rng, shock=0.5))
    assert found.passed is False
    assert "one arm differ in Revenue" in found.sentence
    assert "in Orders" not in found.sentence


def test_a_metric_that_one_unit_decides_passes_and_is_told() -> None:
    rng = np.random.default_rng(2)
    y = drawn(rng)
    y[0, 0] = 10**6
    found = simulated(orders=y, revenue=drawn(rng))
    assert found.passed is True
    assert found.sentence.endswith(" A few units decide Orders: consider a cap.")


@pytest.mark.parametrize(
    ("asked", "why"),
    [(TWO, "has no metric with units enough for one yet"), (study(mean_metric(), aa_check=False), "asks for none")],
)
def test_without_a_simulation_nothing_is_judged(asked: Study, why: str) -> None:
    found = judged({}, asked)
    assert (found.passed, found.statistic, found.sentence) == (None, None, f"No A/A simulation: the plan {why}.")


def p_values(rng: np.random.Generator, draws: int) -> Array:
    """Of the diagnostic for sound units: the least p-value times the two metrics."""
    found = [simulated(orders=drawn(rng, 40), revenue=drawn(rng, 40)).statistic for _ in range(draws)]
    return 2 * np.array(found, dtype=float)


def test_sound_metrics_fail_no_more_often_than_promised() -> None:
    p = p_values(np.random.default_rng(3), 100)
    assert_kept(p, 0.05, ALPHA)
    assert np.mean(p < 0.5) > 0.25


@pytest.mark.slow
def test_rates_of_failures_of_sound_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    p = p_values(np.random.default_rng(4), 4000)
    tell_rates(capsys, {"sound metrics": p}, (0.05, 0.01, ALPHA))
