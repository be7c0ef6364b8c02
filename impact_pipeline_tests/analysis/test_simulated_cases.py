"""The simulated reference cases, each sample analysed by the command's own function."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon
from impact_pipeline_tests.analysis.tables import answer_of, estimate, specified, two_arms

EXACT = 1e-9
"""Relative: the same formula on other sums, whose differences cancel a few digits."""


def test_cuped_leaves_one_less_the_squared_correlation_of_the_variance() -> None:
    """Deng, Xu, Kohavi, Walker (2013), WSDM, equation (4): 1 - 0.7^2 = 0.51; 400 samples of 20,000 units."""
    rng, effect, rho, samples = np.random.default_rng(1), 0.05, 0.7, 400
    asked = specified(
        {"type": "mean", "value": "y"}, {"type": "mean", "value": "y", "covariates": ["x"]}, correction="none"
    )
    plain, adjusted, covered = [], [], 0
    for _ in range(samples):
        arm, x = two_arms(rng, 20_000), rng.normal(size=20_000)
        y = rho * x + (1 - rho**2) ** 0.5 * rng.normal(size=20_000) + effect * (arm == "b")
        without, found = (estimate(result) for result in answer_of(asked, arm=arm, x=x, y=y).results)
        plain.append(without.value)
        adjusted.append(found.value)
        covered += found.interval.lower <= effect <= found.interval.upper
    assert np.var(adjusted) / np.var(plain) == pytest.approx(0.51, abs=0.05)
    assert abs(np.mean(adjusted) - effect) / (np.std(adjusted) / samples**0.5) <= 3.2
    assert 0.92 <= covered / samples <= 0.98


def test_the_delta_method_keeps_the_size_of_a_ratio_where_a_binomial_test_does_not() -> None:
    """Deng, Knoblich, Lu (2018), KDD: A/A, N_i ~ Poisson(5) + 1 views, p_i ~ Beta(2, 8); 1000 samples of 2000 users."""
    rng, samples = np.random.default_rng(2), 1000
    asked = specified(
        {"type": "ratio", "numerator": "clicks", "denominator": "views"},
        {"type": "counted_proportion", "successes": "clicks", "units": "views"},
        correction="none",
    )
    rejected = np.zeros(2)
    for _ in range(samples):
        views = rng.poisson(5, 2000) + 1
        clicks = rng.binomial(views, rng.beta(2, 8, 2000))
        results = answer_of(asked, arm=two_arms(rng, 2000), clicks=clicks, views=views).results
        rejected += [estimate(result).p_value < 0.05 for result in results]
    delta, naive = rejected / samples
    assert 0.035 <= delta <= 0.068
    assert 0.07 <= naive <= 0.2


def test_the_delta_methods_error_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(2)
    views = rng.poisson(5, 2000) + 1
    clicks = rng.binomial(views, rng.beta(2, 8, 2000))
    asked = specified(
        {"type": "ratio", "numerator": "clicks", "denominator": "views"},
        design={"type": "one_sample", "bootstrap": {"draws": 4000, "seed": 2}},
    )
    [reading] = answer_of(asked, clicks=clicks, views=views).arms
    assert reading.std_error is not None
    assert reading.bootstrap_std_error is not None
    assert reading.std_error / reading.bootstrap_std_error == pytest.approx(1, abs=0.05)


def test_peeking_at_every_pair_errs_with_a_fixed_look_and_not_with_the_sequence() -> None:
    """Pairs up to 5000, looked at after each from the 100th, tuned at 500 pairs.

    Waudby-Smith et al. (2024), Annals of Statistics 52. That the command reads such a look as this does is tested next.
    """
    rng, samples, looks = np.random.default_rng(3), 2000, np.arange(100, 5001, dtype=np.float64)
    sequence, fixed = AlwaysValid(1000.0), FixedHorizon()
    bounds = sequence.critical_value(0.05, np.inf, 2 * looks), fixed.critical_value(0.05, np.inf, 2 * looks)
    ever = np.zeros(2)
    for _ in range(samples):
        statistic = np.abs(_statistics(rng.normal(size=(2, 5000)))[99:])
        ever += [bool(np.any(statistic > bound)) for bound in bounds]
    always_valid, naive = ever / samples
    assert always_valid <= 0.05
    assert 0.35 <= naive <= 0.6


@pytest.mark.parametrize("pairs", [100, 500, 4999])
def test_a_look_of_the_command_is_one_of_the_sequence(pairs: int) -> None:
    arms = np.random.default_rng(4).normal(size=(2, 5000))
    asked = specified({"type": "mean", "value": "y"}, looks={"type": "always_valid", "planned_units": 1000})
    columns = {"arm": np.repeat(["a", "b"], pairs), "y": arms[:, :pairs].ravel()}
    found = estimate(answer_of(asked, **columns).results[0])
    n, statistic = 2.0 * pairs, _statistics(arms)[pairs - 1]
    assert found.inference == "always_valid"
    assert found.value / found.std_error == pytest.approx(statistic, rel=EXACT)
    half_width = (found.interval.upper - found.interval.lower) / 2
    critical = AlwaysValid(1000.0).critical_value(0.05, np.inf, n)
    assert half_width / found.std_error == pytest.approx(float(critical), rel=EXACT)


def _statistics(
    arms: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Welch's statistic of treatment less control after each pair; of the first pair, which has no variance, 0."""
    n = np.arange(1, arms.shape[1] + 1)
    sums, squares = np.cumsum(arms, axis=1), np.cumsum(arms**2, axis=1)
    variance = (squares - sums**2 / n).sum(axis=0) / np.maximum(n - 1, 1) / n
    found = np.zeros(len(n))
    np.divide((sums[1] - sums[0]) / n, np.sqrt(np.maximum(variance, 1e-300)), out=found, where=n > 1)
    return found
