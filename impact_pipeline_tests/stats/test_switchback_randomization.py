from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.switchback_randomization import horvitz_thompson, randomization_p_value
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.stats.linear_models import refused

BLOCKS = 7


def estimated(*arguments: object, **options: object) -> TwoMeans:
    found = horvitz_thompson(*arguments, **options)  # type: ignore[arg-type]
    assert isinstance(found, TwoMeans), found
    return found


def outcome_of(arms: Array, levels: Array, effects: Array, lag: Array) -> Array:
    before = np.concatenate([[0], arms[:-1]])
    return levels + effects * arms + lag * before


@pytest.mark.parametrize("carry_over", [0, 1, 2])
def test_over_all_coin_flips_it_is_unbiased_and_its_variance_conservative(carry_over: int) -> None:
    """All 2^7 designs. The mean variance exceeds the true one by the products of effects at most m blocks apart."""
    rng = np.random.default_rng(carry_over)
    levels, effects = rng.uniform(1, 4, size=(2, BLOCKS))
    lag = rng.uniform(0, 1, BLOCKS) if carry_over else np.zeros(BLOCKS)
    designs = [np.array(arms) for arms in product((0, 1), repeat=BLOCKS)]
    found = [read(outcome_of(arms, levels, effects, lag), arms, carry_over) for arms in designs]
    values, variances = np.array(found).T
    true = (effects + lag)[carry_over:]
    assert values.mean() == pytest.approx(true.mean(), rel=1e-10)
    near = np.abs(np.subtract.outer(np.arange(len(true)), np.arange(len(true)))) <= carry_over
    excess = float(np.sum(np.outer(true, true) * near)) / len(true) ** 2
    assert variances.mean() == pytest.approx(values.var() + excess, rel=1e-10)


def read(outcome: Array, arms: Array, carry_over: int) -> tuple[float, float]:
    """Estimate and variance; 0 and 0 of a design that shows no run of either arm."""
    found = horvitz_thompson(outcome, arms, carry_over=carry_over, baseline=2.0)
    return (float(found.change), float(found.variance())) if isinstance(found, TwoMeans) else (0.0, 0.0)


def test_without_carry_over_each_block_counts_twice() -> None:
    found = estimated([[2.0, 4.0, 6.0, 8.0]], [[1, 0, 1, 0]])
    assert (found.treatment, found.control) == (4.0, 6.0)
    assert found.variance() == (4 * (4 + 16 + 36 + 64)) / 16


def test_a_baseline_moves_both_means_and_not_what_they_estimate() -> None:
    rng = np.random.default_rng(1)
    arms = rng.integers(2, size=(4, 200))
    outcome = 50 + arms + rng.normal(size=(4, 200))
    far, near = estimated(outcome, arms), estimated(outcome, arms, baseline=50.0)
    assert near.variance() < 0.01 * far.variance()
    assert near.change == pytest.approx(1, abs=0.3)
    assert near.control == pytest.approx(50, abs=0.3)


def test_intervals_cover_with_and_without_carry_over() -> None:
    """300 trials: at least .95 less three standard errors, .038."""
    rng = np.random.default_rng(2)
    for carry_over, lag in ((0, 0.0), (1, 0.4)):
        covered = 0
        for _ in range(300):
            arms = rng.integers(2, size=(3, 60))
            before = np.concatenate([np.zeros((3, 1)), arms[:, :-1]], axis=1)
            outcome = 10 + 0.5 * arms + lag * before + rng.normal(size=(3, 60))
            found = difference(estimated(outcome, arms, carry_over=carry_over, baseline=10.0), 0.05, 1.0)
            covered += bool(found.lower <= 0.5 + lag <= found.upper)
        assert covered / 300 > 0.95 - 0.038


def test_p_values_are_uniform_where_nothing_has_an_effect() -> None:
    """400 trials at .1: three standard errors are .045."""
    rng = np.random.default_rng(3)
    outcome = rng.gamma(2, 1, size=(2, 12))
    found = [
        randomization_p_value(outcome, rng.integers(2, size=(2, 12)), rng, carry_over=1, baseline=2.0, draws=99)
        for _ in range(400)
    ]
    assert abs(np.mean(np.array(found) <= 0.1) - 0.1) < 0.045


def test_p_value_counts_every_coin_flip_that_is_as_extreme() -> None:
    """Three blocks, outcomes 1, 2, 4: only the designs (1, 1, 1) and (0, 0, 0) reach an estimate of 14/3."""
    found = randomization_p_value([[1.0, 2.0, 4.0]], [[1, 1, 1]], np.random.default_rng(0), draws=20_000)
    assert found == pytest.approx(0.25, abs=0.01)


def test_fewer_blocks_than_the_carry_over_are_refused() -> None:
    found = refused(horvitz_thompson([[1.0, 2.0]], [[1, 0]], carry_over=2))
    assert (found.reason, found.detail) == ("too_few_units", "2 blocks cannot show a carry-over of 2 blocks")


def test_arms_that_never_stay_are_refused() -> None:
    found = refused(horvitz_thompson([[1.0, 2.0, 3.0]], [[1, 0, 1]], carry_over=1))
    assert found.reason == "zero_variance"
    assert found.detail == "no run of 2 blocks of one arm has an outcome but the baseline"
