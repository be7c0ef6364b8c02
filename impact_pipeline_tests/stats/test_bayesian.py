from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from impact_pipeline.stats.bayesian import (
    NormalPrior,
    Posterior,
    TooLittleHistory,
    posterior,
    prior_from_history,
)
from impact_pipeline.stats.meta_analysis import Method
from impact_pipeline_tests.small_studies import Array

INTEGRATED = 1e-9
"""What numerical integration over the product of two densities promises."""


def expected(of: Callable[[float], float], value: float, std_error: float, prior: NormalPrior) -> float:
    """Posterior expectation, integrated over prior times likelihood."""

    def density(effect: float) -> float:
        return float(norm.pdf(effect, prior.mean, prior.std_dev) * norm.pdf(value, effect, std_error))

    knots = sorted({0.0, 0.5, -0.5, value, prior.mean})
    reach = 12 * max(std_error, prior.std_dev)
    bounds = [min(knots) - reach, *knots, max(knots) + reach]
    pieces = list(pairwise(bounds))

    def integral(function: Callable[[float], float]) -> float:
        return float(sum(quad(function, *piece, epsabs=1e-14, epsrel=1e-12, limit=200)[0] for piece in pieces))

    return integral(lambda effect: of(effect) * density(effect)) / integral(density)


CASES = [
    (0.3, 0.5, NormalPrior(0.0, 1.0)),
    (-0.8, 0.4, NormalPrior(0.2, 0.3)),
    (2.0, 1.0, NormalPrior(-1.0, 2.0)),
    (0.6, 0.1, NormalPrior(0.0, 0.2)),
]


@pytest.mark.parametrize(("value", "std_error", "prior"), CASES)
def test_posterior_equals_integration(value: float, std_error: float, prior: NormalPrior) -> None:
    found = posterior(value, std_error, prior)
    mean = expected(lambda effect: effect, value, std_error, prior)
    variance = expected(lambda effect: (effect - mean) ** 2, value, std_error, prior)
    assert found.mean == pytest.approx(mean, abs=INTEGRATED)
    assert found.std_dev == pytest.approx(sqrt(variance), abs=INTEGRATED)
    assert found.mean == pytest.approx(value + found.shrinkage * (prior.mean - value), rel=1e-12)


@pytest.mark.parametrize(("value", "std_error", "prior"), CASES)
@pytest.mark.parametrize("by", [-0.5, 0.0, 0.5])
def test_probabilities_equal_integration(value: float, std_error: float, prior: NormalPrior, by: float) -> None:
    found = posterior(value, std_error, prior)
    above = expected(lambda effect: effect > by, value, std_error, prior)
    below = expected(lambda effect: -effect > by, value, std_error, prior)
    assert found.probability_better(by) == pytest.approx(above, abs=INTEGRATED)
    assert found.probability_better(by, higher_is_better=False) == pytest.approx(below, abs=INTEGRATED)


@pytest.mark.parametrize(("value", "std_error", "prior"), CASES)
def test_losses_equal_integration(value: float, std_error: float, prior: NormalPrior) -> None:
    found = posterior(value, std_error, prior)
    falls = expected(lambda effect: max(0.0, -effect), value, std_error, prior)
    rises = expected(lambda effect: max(0.0, effect), value, std_error, prior)
    assert found.expected_loss("treatment") == pytest.approx(falls, abs=INTEGRATED)
    assert found.expected_loss("control") == pytest.approx(rises, abs=INTEGRATED)
    assert found.expected_loss("treatment", higher_is_better=False) == pytest.approx(rises, abs=INTEGRATED)
    assert found.expected_loss("control", higher_is_better=False) == pytest.approx(falls, abs=INTEGRATED)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_credible_interval_holds_its_level_in_the_middle(level: float) -> None:
    value, std_error, prior = CASES[1]
    lower, upper = posterior(value, std_error, prior).credible_interval(level)
    assert expected(lambda effect: effect, value, std_error, prior) == pytest.approx(
        (lower + upper) / 2, abs=INTEGRATED
    )
    normal = norm(*(getattr(posterior(value, std_error, prior), name) for name in ("mean", "std_dev")))
    assert normal.cdf(upper) - normal.cdf(lower) == pytest.approx(level, rel=1e-12)


@given(mean=st.floats(-50, 50), std_dev=st.floats(0.01, 50))
def test_losses_of_both_choices_differ_by_the_mean(mean: float, std_dev: float) -> None:
    found = Posterior(mean, std_dev, 0.0)
    treatment, control = found.expected_loss("treatment"), found.expected_loss("control")
    assert treatment >= 0
    assert control >= 0
    assert control - treatment == pytest.approx(mean, abs=1e-9)


def test_a_tiny_loss_keeps_its_digits() -> None:
    """Mills' ratio expanded: at z = 8 the loss is phi(z) / z^2 (1 - 3 / z^2 + 15 / z^4 - 105 / z^6 + ...)."""
    terms = 1 - 3 / 8**2 + 15 / 8**4 - 105 / 8**6 + 945 / 8**8 - 10_395 / 8**10
    loss = Posterior(8.0, 1.0, 0.0).expected_loss("treatment")
    assert loss == pytest.approx(norm.pdf(8.0) / 64 * terms, rel=1e-5)


def test_a_wide_prior_leaves_the_estimate_and_its_one_sided_p_value() -> None:
    found = posterior(1.5, 1.0, NormalPrior(0.0, 1e6))
    assert found.mean == pytest.approx(1.5, rel=1e-9)
    assert 1 - found.probability_better() == pytest.approx(norm.sf(1.5), rel=1e-9)


@pytest.mark.parametrize("std_dev", [0.0, -1.0, float("nan")])
def test_a_prior_without_width_is_refused(std_dev: float) -> None:
    with pytest.raises(ValueError, match="a prior needs a standard deviation above 0"):
        NormalPrior(0.0, std_dev)


def test_an_estimate_without_error_is_refused() -> None:
    with pytest.raises(ValueError, match=r"an estimate needs a standard error above 0, found 0\.0"):
        posterior(1.0, 0.0, NormalPrior(0.0, 1.0))


def test_prior_from_equally_exact_studies_by_hand() -> None:
    values = [3.0, -1.0, 2.0, 4.0, -2.0]
    around_zero = prior_from_history(values, [1.0] * 5, method="restricted_likelihood")
    around_mean = prior_from_history(values, [1.0] * 5, mean=None, method="restricted_likelihood")
    assert isinstance(around_zero, NormalPrior)
    assert isinstance(around_mean, NormalPrior)
    assert around_zero.mean == 0.0
    assert around_zero.std_dev == pytest.approx(sqrt(34 / 5 - 1))
    assert around_mean.mean == pytest.approx(1.2)
    assert around_mean.std_dev == pytest.approx(sqrt(26.8 / 4 - 1))


def test_a_history_without_visible_spread_still_makes_a_prior_by_the_adjusted_likelihood() -> None:
    """The larger root of `(2 - k) t^2 + (4 v - k v + S) t + 2 v^2 = 0` with k = 5, v = 1 and S = 0.1."""
    found = prior_from_history([0.1, -0.1, 0.2, 0.0, -0.2], [1.0] * 5)
    assert isinstance(found, NormalPrior)
    assert found.std_dev**2 == pytest.approx((-0.9 + sqrt(0.9**2 + 24)) / 6, rel=1e-9)


def test_history_of_four_studies_is_too_little() -> None:
    refused = TooLittleHistory("4 past studies, and a prior needs 5 at least")
    assert prior_from_history([1.0] * 4, [1.0] * 4) == refused


def test_history_that_shows_no_spread_makes_no_prior() -> None:
    detail = "past effects differ by no more than their standard errors, so no prior can be told"
    for method in ("dersimonian_laird", "paule_mandel", "restricted_likelihood"):
        found = prior_from_history([0.1, -0.1, 0.2, 0.0, -0.2], [1.0] * 5, method=method)
        assert found == TooLittleHistory(detail)


TRUE_PRIOR = NormalPrior(0.0, 0.02)
ERRORS = (0.005, 0.04)
"""Standard errors of studies are drawn between these."""


def studies(rng: np.random.Generator, count: int) -> tuple[Array, Array, Array]:
    """True effects drawn from the prior, estimates of them, and the standard errors."""
    truth = rng.normal(TRUE_PRIOR.mean, TRUE_PRIOR.std_dev, count)
    errors = rng.uniform(*ERRORS, count)
    return truth, rng.normal(truth, errors), errors


def readings(estimates: Array, errors: Array, prior: NormalPrior) -> list[Posterior]:
    return [posterior(float(value), float(error), prior) for value, error in zip(estimates, errors, strict=True)]


def covered(truth: Array, found: list[Posterior], level: float) -> float:
    bounds = np.array([one.credible_interval(level) for one in found])
    return float(np.mean((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_credible_intervals_cover_effects_drawn_from_the_prior(level: float) -> None:
    truth, estimates, errors = studies(np.random.default_rng(31), 10_000)
    share = covered(truth, readings(estimates, errors, TRUE_PRIOR), level)
    assert share == pytest.approx(level, abs=4 * sqrt(level * (1 - level) / 10_000))


def test_probabilities_and_losses_are_calibrated() -> None:
    truth, estimates, errors = studies(np.random.default_rng(32), 10_000)
    found = readings(estimates, errors, TRUE_PRIOR)
    claimed = np.array([one.probability_better() for one in found])
    sure = (claimed > 0.7) & (claimed < 0.9)
    assert np.mean(truth[sure] > 0) == pytest.approx(np.mean(claimed[sure]), abs=4 * 0.5 / sqrt(np.sum(sure)))
    losses = np.array([one.expected_loss("treatment") for one in found])
    realised = np.maximum(0.0, -truth)
    assert np.mean(losses) == pytest.approx(np.mean(realised), abs=0.04 * float(np.std(realised)))


def test_estimates_picked_for_being_significant_are_too_large_and_their_posteriors_are_not() -> None:
    truth, estimates, errors = studies(np.random.default_rng(33), 20_000)
    picked = estimates > 1.96 * errors
    means = np.array([one.mean for one in readings(estimates[picked], errors[picked], TRUE_PRIOR)])
    noise = float(np.std(truth[picked])) / sqrt(np.sum(picked))
    assert np.mean(estimates[picked]) - np.mean(truth[picked]) > 10 * noise
    assert np.mean(means) == pytest.approx(np.mean(truth[picked]), abs=4 * noise)


@pytest.mark.parametrize("mean", [0.0, None])
def test_prior_from_a_long_history_is_the_true_one(mean: float | None) -> None:
    _, estimates, errors = studies(np.random.default_rng(34), 3_000)
    found = prior_from_history(estimates.tolist(), errors.tolist(), mean=mean)
    assert isinstance(found, NormalPrior)
    assert found.mean == pytest.approx(0.0, abs=0.002)
    assert found.std_dev == pytest.approx(0.02, rel=0.05)


def coverage_after_history(past: int, repetitions: int, method: Method = "adjusted_likelihood") -> float:
    """Coverage of 95 % intervals of later studies by a prior from past ones, of the histories that make one."""
    rng = np.random.default_rng(35)
    held = []
    for _ in range(repetitions):
        _, values, errors = studies(rng, past)
        prior = prior_from_history(values.tolist(), errors.tolist(), method=method)
        truth, estimates, errors = studies(rng, 20)
        if isinstance(prior, NormalPrior):
            held.append(covered(truth, readings(estimates, errors, prior), 0.95))
    return float(np.mean(held))


def test_intervals_after_a_history_of_ten_studies_cover() -> None:
    assert coverage_after_history(10, 200) == pytest.approx(0.95, abs=0.025)


@pytest.mark.slow
@pytest.mark.parametrize("past", [5, 10, 20, 100])
def test_intervals_after_any_history_cover(past: int) -> None:
    assert coverage_after_history(past, 2_000) == pytest.approx(0.955, abs=0.015)


@pytest.mark.slow
def test_intervals_after_a_short_history_do_not_cover_by_the_plain_likelihood() -> None:
    assert coverage_after_history(10, 2_000, "restricted_likelihood") < 0.9
