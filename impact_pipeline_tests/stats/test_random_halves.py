from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.stats.moments import as_exact
from impact_pipeline.stats.random_halves import Halves, distance_from_uniform, random_halves, rejection_rate, tail

HALVES = random_halves(64, 500, np.random.default_rng(1))

CHANCE = 3.5
"""Monte-Carlo standard errors that a rate may lie above its promise: once in 4,000."""


def test_every_split_has_half_of_the_bins_and_the_seed_decides_which() -> None:
    assert set(HALVES.chosen.sum(axis=1)) == {32}
    assert random_halves(5, 20, np.random.default_rng(1)).chosen.sum(axis=1).tolist() == [2] * 20
    again = random_halves(64, 500, np.random.default_rng(1))
    np.testing.assert_array_equal(again.chosen, HALVES.chosen)


@pytest.mark.parametrize("size", [1, 2**58, 2**70])
def test_sums_of_halves_are_exact_where_64_bits_hold_them_and_where_not(size: int) -> None:
    of_bins = as_exact([size + place for place in range(64)])
    first, second = HALVES.sums(of_bins)
    assert first[0] == sum(of_bins[place] for place in np.flatnonzero(HALVES.chosen[0]))
    assert set((first + second).tolist()) == {int(of_bins.sum())}


def test_the_distance_is_that_of_scipy() -> None:
    p = np.random.default_rng(2).random(50)
    assert distance_from_uniform(p) == pytest.approx(stats.kstest(p, "uniform").statistic, rel=1e-12)


def test_with_bins_without_number_the_tail_is_binomial() -> None:
    assert tail(40, 500, 10**6, 0.05) == pytest.approx(stats.binom.sf(39, 500, 0.05), rel=0.01)
    assert tail(0, 500, 64, 0.05) == pytest.approx(1.0, abs=1e-12)


def ideal(
    rng: np.random.Generator, draws: int, halves: Halves, spread: float = 1.0
) -> list[tuple[float, float, float]]:
    """Rate, its p-value and that of uniformity; means of bins lie `spread` times as far apart as units let expect."""
    found = []
    centred = halves.chosen - 0.5
    for _ in range(draws):
        statistics = (
            spread * centred @ rng.standard_normal(halves.chosen.shape[1]) / np.sqrt(np.sum(centred**2, axis=1))
        )
        one = rejection_rate(2 * stats.norm.sf(np.abs(statistics)), halves, 0.05)
        found.append((one.rate, one.p_value, one.uniform_p_value))
    return found


def assert_kept(p: list[float], alpha: float) -> None:
    assert np.mean(np.array(p) < alpha) <= alpha + CHANCE * np.sqrt(alpha * (1 - alpha) / len(p))


def test_data_as_assumed_are_judged_so_though_splits_share_their_bins() -> None:
    found = ideal(np.random.default_rng(3), 400, HALVES)
    assert np.mean([rate for rate, *_ in found]) == pytest.approx(0.05, abs=CHANCE * 0.023 / np.sqrt(len(found)))
    for alpha in (0.05, 0.01):
        assert_kept([p for _, p, _ in found], alpha)
        assert_kept([uniform for *_, uniform in found], alpha)


def test_a_plain_binomial_test_would_call_one_sound_metric_in_twenty_wrong_at_a_thousandth() -> None:
    rates = [rate for rate, *_ in ideal(np.random.default_rng(4), 400, HALVES)]
    wrong = [stats.binom.sf(round(500 * rate) - 1, 500, 0.05) < 0.001 for rate in rates]
    assert np.mean(wrong) > 0.03


def test_errors_twice_as_large_as_told_are_found_and_half_as_large_again_mostly() -> None:
    found = {spread: ideal(np.random.default_rng(5), 50, HALVES, spread) for spread in (1.5, 2.0)}
    assert max(p for _, p, _ in found[2.0]) < 0.001
    assert np.mean([p < 0.001 for _, p, _ in found[1.5]]) > 0.8


def test_p_values_that_are_never_small_are_not_uniform() -> None:
    found = rejection_rate(np.full(500, 0.32), HALVES, 0.05)
    assert found.rate == 0
    assert found.p_value == pytest.approx(1.0)
    assert found.uniform_p_value < 0.001


@pytest.mark.slow
def test_rates_of_alarms_for_data_as_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    found = ideal(np.random.default_rng(6), 10_000, HALVES)
    lines = [f"{'promised':>9} {'rate':>9} {'uniform':>9} {'draws':>7}"]
    for alpha in (0.05, 0.01, 0.001):
        tails, uniform = [p for _, p, _ in found], [p for *_, p in found]
        own, other = (np.mean(np.array(p) < alpha) for p in (tails, uniform))
        lines.append(f"{alpha:9.4f} {own:9.4f} {other:9.4f} {len(found):7d}")
        assert_kept(tails, alpha)
        assert_kept(uniform, alpha + 0.001)
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201
