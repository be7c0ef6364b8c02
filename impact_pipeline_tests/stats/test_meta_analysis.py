from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm, t
from statsmodels.stats.meta_analysis import combine_effects

from impact_pipeline.stats.heterogeneity import TooFewEstimates
from impact_pipeline.stats.meta_analysis import Method, Pooled, between_variance, pooled, pooled_mean
from impact_pipeline_tests.small_studies import Array
from impact_pipeline_tests.stats.published_trials import bcg_log_risk_ratios, clasp_log_odds_ratios

ROUNDING = 1e-9
"""The same formula in another order of operations."""

ITERATED = 1e-6
"""Where statsmodels stops Paule and Mandel's iteration."""

PRINTED = 5e-5
"""Half a unit of the last of four printed decimals."""

METHODS: tuple[Method, ...] = ("dersimonian_laird", "paule_mandel", "restricted_likelihood")


def found(values: Array | list[float], std_errors: Array | list[float], method: Method, level: float = 0.95) -> Pooled:
    result = pooled(list(values), list(std_errors), level, method)
    assert isinstance(result, Pooled)
    return result


@pytest.mark.parametrize(
    ("method", "variance", "mean", "std_error"),
    [("restricted_likelihood", 0.3132, -0.7145, 0.1798), ("dersimonian_laird", 0.3088, -0.7141, 0.7141 / 3.9952)],
)
def test_bcg_trials_as_published(method: Method, variance: float, mean: float, std_error: float) -> None:
    """Log risk ratios: R package metafor (REML) and Stata's metan (DerSimonian-Laird)."""
    values, errors = bcg_log_risk_ratios()
    between = between_variance(values, errors, method)
    assert between == pytest.approx(variance, abs=PRINTED)
    assert pooled_mean(values, errors, between) == pytest.approx(mean, abs=PRINTED)
    assert np.sum(1 / (np.square(errors) + between)) ** -0.5 == pytest.approx(std_error, abs=PRINTED)


@pytest.mark.parametrize(
    ("method", "deviation", "mean", "std_error"),
    [
        ("paule_mandel", 0.3681, -0.3811, 0.2060),
        ("dersimonian_laird", 0.2323, -0.3240, 0.1540),
        ("restricted_likelihood", 0.1843, -0.2980, 0.1343),
    ],
)
def test_clasp_trials_as_published(method: Method, deviation: float, mean: float, std_error: float) -> None:
    """DerSimonian, Kacker (2007), Contemporary Clinical Trials 28, tables 3 and 4."""
    values, errors = clasp_log_odds_ratios()
    between = between_variance(values, errors, method)
    assert sqrt(between) == pytest.approx(deviation, abs=PRINTED)
    assert pooled_mean(values, errors, between) == pytest.approx(mean, abs=PRINTED)
    assert np.sum(1 / (np.square(errors) + between)) ** -0.5 == pytest.approx(std_error, abs=PRINTED)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("method", "reference"), [("dersimonian_laird", "dl"), ("paule_mandel", "pm")])
def test_pooled_equals_statsmodels(method: Method, reference: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, errors = rng.normal(0, 2, 7), rng.uniform(0.3, 1.2, 7)
    expected = combine_effects(values, errors**2, method_re=reference)
    result = found(values, errors, method, 0.9)
    spread = max(1.0, expected.scale_hksj_re)
    std_error = sqrt(spread) * expected.sd_eff_w_re
    assert result.between_variance == pytest.approx(expected.tau2, rel=ITERATED)
    assert result.value == pytest.approx(expected.mean_effect_re, rel=ITERATED)
    assert result.std_error == pytest.approx(std_error, rel=ITERATED)
    assert result.p_value == pytest.approx(2 * t.sf(abs(result.value) / result.std_error, 6), rel=ROUNDING)
    assert result.upper - result.value == pytest.approx(t.ppf(0.95, 6) * result.std_error, rel=ROUNDING)


@pytest.mark.parametrize("seed", range(5))
def test_paule_mandel_solves_its_equation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, errors = rng.normal(0, 2, 7), rng.uniform(0.3, 1.2, 7)
    weights = 1 / (errors**2 + between_variance(values.tolist(), errors.tolist(), "paule_mandel"))
    centred = values - np.average(values, weights=weights)
    assert np.sum(weights * centred**2) == pytest.approx(6, rel=ROUNDING)


def deviance(between: float, values: Array, errors: Array) -> float:
    """Twice the negative restricted log-likelihood, in matrices."""
    covariance = np.diag(errors**2 + between)
    ones, inverse = np.ones((len(values), 1)), np.linalg.inv(covariance)
    information = ones.T @ inverse @ ones
    projection = inverse - inverse @ ones @ np.linalg.inv(information) @ ones.T @ inverse
    return float(np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1] + values @ projection @ values)


@pytest.mark.parametrize("seed", range(8))
def test_restricted_likelihood_is_at_its_peak(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, errors = rng.normal(0, 1, 8), rng.uniform(0.2, 1.5, 8)
    best = minimize_scalar(deviance, bounds=(0, 20), args=(values, errors), options={"xatol": 1e-10})
    result = between_variance(values.tolist(), errors.tolist())
    assert result == pytest.approx(best.x, abs=1e-6)
    assert deviance(result, values, errors) <= best.fun + 1e-12


@pytest.mark.parametrize(
    ("values", "errors", "peaks", "higher"),
    [
        ([-5.4, 0.4, -5.5, 3.6], [0.07, 1.73, 0.02, 2.65], (0.0033, 15.6), 15.6),
        ([-7.1, 0.3, -0.1, -0.4], [2.1, 2.15, 0.59, 0.17], (0.0, 6.4), 6.4),
        ([-3.6, -1.1, -2.0, -1.0], [1.0, 0.05, 1.2, 0.09], (0.0, 0.52), 0.0),
    ],
)
def test_restricted_likelihood_takes_the_higher_of_two_peaks(
    values: list[float], errors: list[float], peaks: tuple[float, float], higher: float
) -> None:
    for peak in peaks:
        beside = min(deviance(peak * step, np.array(values), np.array(errors)) for step in (0.5, 2))
        assert deviance(peak, np.array(values), np.array(errors)) <= beside
    assert between_variance(values, errors) == pytest.approx(higher, rel=0.05)


VALUES = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=9)


@pytest.mark.parametrize("method", METHODS)
@given(values=VALUES, error=st.sampled_from([0.1, 1.0, 20.0]))
def test_with_equal_errors_the_variance_is_what_they_leave_over(
    method: Method, values: list[float], error: float
) -> None:
    around_mean = between_variance(values, [error] * len(values), method)
    around_zero = between_variance(values, [error] * len(values), method, 0.0)
    assert around_mean == pytest.approx(max(0.0, np.var(values, ddof=1) - error**2), rel=1e-8, abs=1e-8)
    assert around_zero == pytest.approx(max(0.0, np.mean(np.square(values)) - error**2), rel=1e-8, abs=1e-8)


@given(values=VALUES.filter(lambda values: len(values) > 3), error=st.sampled_from([0.1, 1.0, 20.0]))
def test_with_equal_errors_the_adjusted_likelihood_peaks_at_the_root_of_a_quadratic(
    values: list[float], error: float
) -> None:
    """`1 / t = (f - S / (v + t)) / (2 (v + t))` with v the errors' square and S the sum of squares, f its degrees."""
    centred = np.array(values) - np.mean(values)
    for squares, degrees, mean in [
        (centred @ centred, len(values) - 1, None),
        (np.square(values).sum(), len(values), 0.0),
    ]:
        root = np.max(np.roots([2 - degrees, (4 - degrees) * error**2 + squares, 2 * error**4]))
        found = between_variance(values, [error] * len(values), "adjusted_likelihood", mean)
        assert found == pytest.approx(root, rel=1e-8)


def test_the_adjusted_likelihood_is_at_its_peak() -> None:
    values, errors = (np.array(numbers) for numbers in bcg_log_risk_ratios())
    found = between_variance(values.tolist(), errors.tolist(), "adjusted_likelihood")
    peak = deviance(found, values, errors) - 2 * log(found)
    assert all(
        peak < deviance(near, values, errors) - 2 * log(near) for near in (0.999 * found, 1.001 * found, 0.01, 9.0)
    )


@pytest.mark.parametrize("method", [*METHODS, "adjusted_likelihood"])
@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_effects_does_not_matter(method: Method, unit: float) -> None:
    values, errors = bcg_log_risk_ratios()
    scaled = between_variance([unit * value for value in values], [unit * error for error in errors], method)
    assert scaled == pytest.approx(unit**2 * between_variance(values, errors, method), rel=ROUNDING)


def test_studies_that_agree_do_not_make_the_interval_narrower_than_their_errors() -> None:
    result = found([0.2, 0.2, 0.2], [0.1, 0.1, 0.1], "restricted_likelihood")
    assert result.between_variance == 0
    assert result.std_error == pytest.approx(0.1 / sqrt(3), rel=ROUNDING)


@pytest.mark.parametrize(("method", "count", "needed"), [("paule_mandel", 1, 2), ("adjusted_likelihood", 3, 4)])
def test_pooling_too_few_studies_is_refused(method: Method, count: int, needed: int) -> None:
    refused = TooFewEstimates(f"pooling needs {needed} studies at least, found {count}")
    assert pooled([1.0] * count, [1.0] * count, 0.95, method) == refused


@pytest.mark.parametrize(
    ("method", "count", "mean"),
    [
        ("paule_mandel", 1, None),
        ("paule_mandel", 0, 0.0),
        ("adjusted_likelihood", 3, None),
        ("adjusted_likelihood", 2, 0.0),
    ],
)
def test_variance_between_too_few_studies_is_refused(method: Method, count: int, mean: float | None) -> None:
    with pytest.raises(ValueError, match=f"cannot be told from {count} of them"):
        between_variance([1.0] * count, [1.0] * count, method, mean)


def coverage(deviation: float, studies: int, repetitions: int) -> tuple[float, float]:
    """How often the interval holds the mean true effect, and how often the normal one without Hartung-Knapp does."""
    rng = np.random.default_rng(21)
    errors = np.linspace(0.5, 1.5, studies)
    held = naive = 0
    for _ in range(repetitions):
        values = rng.normal(1.0, np.hypot(deviation, errors))
        result = found(values, errors, "restricted_likelihood")
        held += result.lower <= 1.0 <= result.upper
        plain = np.sum(1 / (errors**2 + result.between_variance)) ** -0.5
        naive += abs(result.value - 1.0) <= norm.ppf(0.975) * plain
    return held / repetitions, naive / repetitions


def test_the_interval_of_few_studies_covers() -> None:
    held, naive = coverage(1.0, 5, 400)
    assert held > 0.95 - 4 * sqrt(0.95 * 0.05 / 400)
    assert naive < held


@pytest.mark.slow
@pytest.mark.parametrize("studies", [3, 5, 20])
@pytest.mark.parametrize("deviation", [0.0, 0.5, 2.0])
def test_the_interval_covers_in_many_repetitions(deviation: float, studies: int) -> None:
    held, _ = coverage(deviation, studies, 2_000)
    assert held > 0.95 - 4 * sqrt(0.95 * 0.05 / 2_000)
