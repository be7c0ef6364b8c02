from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.sample_ratio_sequence import log_e_value
from impact_pipeline_tests.stats.simulations_of_looks import (
    Floats,
    Row,
    cumulative_counts,
    days_to_alarm,
    group_sequential_tests,
    looks_after_every_pair,
    mismatch_alarms,
    nightly_looks,
    table,
)

CHANCE = 3.5
"""Monte-Carlo standard errors that a drawn rate may be off: once in 2,000 rows."""

UNEVEN = (0.15, 0.3, 0.7, 0.85, 1.0)


def rates(rows: list[Row]) -> dict[str, float]:
    return {row.method: row.rate for row in rows}


def assert_kept(rows: list[Row]) -> None:
    assert [row for row in rows if row.rate > row.promised + CHANCE * row.monte_carlo_error] == []


def assert_met(rows: list[Row]) -> None:
    assert [row for row in rows if abs(row.rate - row.promised) > CHANCE * row.monte_carlo_error] == []


def assert_found_in_time(days: Floats) -> None:
    """Of 80,000 other draws, 49 % alarmed by the ninth day and 57 % by the tenth."""
    assert np.mean(days <= 9) == pytest.approx(0.49, abs=CHANCE * 0.5 / np.sqrt(len(days)))
    assert np.median(days) in {9, 10}
    assert np.isfinite(days).mean() >= 0.995


def test_sixty_nightly_looks_err_at_most_as_often_as_promised_and_the_naive_test_a_third_of_the_time() -> None:
    rows = nightly_looks(np.random.default_rng(1), 600, units=50)
    found = rates(rows)
    assert found["confidence sequence"] <= 0.05
    assert found["confidence sequence, one side"] <= 0.05
    assert_met([row for row in rows if row.method.startswith("group")])
    assert 0.28 <= found["t test every night"] <= 0.42


@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_a_look_after_every_pair_keeps_coverage_where_the_naive_test_does_not(effect: float) -> None:
    found = rates(looks_after_every_pair(np.random.default_rng(3), effect=effect))
    assert found["confidence sequence"] <= 0.05
    assert 0.35 <= found["t test after every pair"] <= 0.6


def test_thirty_looks_at_the_sample_ratio_alarm_at_most_as_often_as_promised() -> None:
    rows = mismatch_alarms(np.random.default_rng(5), 4000)
    found = rates(rows)
    assert_kept([row for row in rows if row.method.startswith("e-value")])
    assert 0.24 <= found["chi-square at 0.05"] <= 0.32
    assert 0.05 <= found["chi-square at 0.01"] <= 0.09


def test_an_arm_of_weight_zero_keeps_the_size() -> None:
    rows = mismatch_alarms(np.random.default_rng(6), 2000, shares=(0.5, 0.5, 0.0))
    assert_kept([row for row in rows if row.method.startswith("e-value")])
    counts = cumulative_counts(np.random.default_rng(6), 50, 30, 2000, (0.5, 0.5, 0.0))
    np.testing.assert_array_equal(log_e_value(counts, (0.5, 0.5, 0.0)), log_e_value(counts[..., :2], (0.5, 0.5)))


def test_half_of_small_mismatches_are_found_after_nine_days() -> None:
    assert_found_in_time(days_to_alarm(np.random.default_rng(7), 2000, share=0.505))


@pytest.mark.parametrize("information", [(0.2, 0.4, 0.6, 0.8, 1.0), UNEVEN, (0.4,), (0.5, 0.9, 1.1)])
def test_bounds_are_crossed_as_often_as_alpha_is_spent(information: tuple[float, ...]) -> None:
    if information[-1] < 1:
        information = (*information, 1.0)
    assert_met(group_sequential_tests(np.random.default_rng(8), 40_000, information=information))


def test_bounds_are_crossed_as_often_as_the_power_says() -> None:
    assert_met(group_sequential_tests(np.random.default_rng(9), 40_000, information=UNEVEN, drift=2.8))


def test_table_has_a_line_for_each_row() -> None:
    shown = table([Row("A/A, 60 nightly looks", "confidence sequence", 0.05, 0.022, 600)]).splitlines()
    assert len(shown) == 2
    assert shown[1].split() == ["A/A,", "60", "nightly", "looks", "confidence", "sequence", "0.0500", "0.0220", "600"]


@pytest.mark.slow
def test_rates_over_many_draws(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(20)
    nightly, pairs = nightly_looks(rng, 10_000), looks_after_every_pair(rng, 10_000)
    missed = looks_after_every_pair(rng, 10_000, effect=0.3)
    alarms = [*mismatch_alarms(rng, 40_000), *mismatch_alarms(rng, 40_000, shares=(0.6, 0.4, 0.0))]
    spent = group_sequential_tests(rng, 400_000, information=UNEVEN)
    powers = group_sequential_tests(rng, 400_000, information=UNEVEN, drift=2.8)
    days = days_to_alarm(rng, 4000, share=0.505)
    with capsys.disabled():
        print("\n" + table([*nightly, *pairs, *missed, *alarms, *spent, *powers]))  # noqa: T201
        print(f"50.5/49.5 at 20,000 units a day, e-value at .001: {np.mean(days <= 9):.3f} alarm by day 9")  # noqa: T201
    sequential = [*nightly, *pairs, *missed, *alarms]
    assert_kept([row for row in sequential if row.method.startswith(("confidence", "e-value"))])
    assert_met([*spent, *powers, *(row for row in nightly if row.method.startswith("group"))])
    assert_found_in_time(days)
