from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from impact_pipeline.stats.heterogeneity import (
    Effect,
    Heterogeneity,
    TooFewEstimates,
    as_arrays,
    effect_difference,
    group_effects,
    heterogeneity,
    t_test,
    worst_group,
)
from impact_pipeline_tests.small_studies import Array
from impact_pipeline_tests.stats.published_trials import bcg_log_risk_ratios

ROUNDING = 1e-10
"""The same formula in another order of operations."""


def found(values: list[float], std_errors: list[float]) -> Heterogeneity:
    result = heterogeneity(values, std_errors)
    assert isinstance(result, Heterogeneity)
    return result


def test_heterogeneity_of_the_bcg_trials_is_as_published() -> None:
    """Q (12 degrees) = 152.2330 for log risk ratios: R package metafor and Stata's metan; I^2 = 92.1173 %, metan."""
    result = found(*bcg_log_risk_ratios())
    assert result.statistic == pytest.approx(152.2330, abs=5e-5)
    assert result.degrees_of_freedom == 12
    assert result.i_squared == pytest.approx(0.921173, abs=5e-7)
    assert result.p_value < 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_heterogeneity_equals_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, errors = rng.normal(0, 1, 6), rng.uniform(0.3, 1.2, 6)
    reference = combine_effects(values, errors**2, method_re="dl")
    result = found(values.tolist(), errors.tolist())
    assert result.statistic == pytest.approx(reference.q, rel=ROUNDING)
    assert result.p_value == pytest.approx(reference.test_homogeneity().pvalue, rel=ROUNDING)
    assert result.i_squared == pytest.approx(max(0.0, reference.i2), abs=ROUNDING)


def test_equal_effects_are_not_heterogeneous() -> None:
    assert found([0.1, 0.1], [1.0, 2.0]) == Heterogeneity(0.0, 1, 1.0, 0.0)


@pytest.mark.parametrize("count", [0, 1])
def test_heterogeneity_of_fewer_than_two_groups_is_refused(count: int) -> None:
    refused = TooFewEstimates(f"a comparison needs 2 groups at least, found {count}")
    assert heterogeneity([1.0] * count, [1.0] * count) == refused


def test_estimates_need_as_many_standard_errors() -> None:
    with pytest.raises(ValueError, match="2 estimates have 1 standard errors"):
        as_arrays([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("value", "std_error"), [(1.0, 0.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, inf)])
def test_estimates_that_are_no_numbers_are_refused(value: float, std_error: float) -> None:
    with pytest.raises(ValueError, match="must be finite and their standard errors above 0"):
        as_arrays([1.0, value], [1.0, std_error])


def sample(values: Array) -> Effect:
    return Effect(float(values.mean()), float(values.std(ddof=1)) / sqrt(len(values)), len(values) - 1)


@pytest.mark.parametrize("seed", range(4))
def test_difference_of_two_means_is_welchs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(1, 1, 9), rng.normal(0, 3, 25)
    reference = stats.ttest_ind(a, b, equal_var=False)
    result = t_test(effect_difference(sample(a), sample(b)), 0.9)
    assert result.degrees_of_freedom == pytest.approx(reference.df, rel=ROUNDING)
    assert result.p_value == pytest.approx(reference.pvalue, rel=ROUNDING)
    assert (result.lower, result.upper) == pytest.approx(reference.confidence_interval(0.9), rel=ROUNDING)


def test_difference_of_differences_keeps_the_degrees_of_its_four_means() -> None:
    means = [Effect(0.0, error, degrees) for error, degrees in [(1.0, 5), (2.0, 9), (0.5, 3), (1.5, 30)]]
    result = effect_difference(effect_difference(*means[:2]), effect_difference(*means[2:]))
    variances = [mean.std_error**2 for mean in means]
    expected = sum(variances) ** 2 / sum(v**2 / m.degrees_of_freedom for v, m in zip(variances, means, strict=True))
    assert result.std_error == pytest.approx(sqrt(sum(variances)), rel=ROUNDING)
    assert result.degrees_of_freedom == pytest.approx(expected, rel=ROUNDING)


def test_two_groups_interact_as_cochran_says() -> None:
    contrast = t_test(effect_difference(Effect(1.0, 0.5), Effect(-0.4, 0.7)), 0.95)
    assert found([1.0, -0.4], [0.5, 0.7]).p_value == pytest.approx(contrast.p_value, rel=ROUNDING)


GROUPS = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.1, 2), st.sampled_from([4.0, 50.0, inf])), min_size=1, max_size=9
)


@given(groups=GROUPS, level=st.sampled_from([0.8, 0.95]))
def test_a_groups_interval_leaves_out_zero_exactly_where_its_p_value_is_small(
    groups: list[tuple[float, float, float]], level: float
) -> None:
    for group in group_effects([Effect(*group) for group in groups], level):
        if abs(group.p_value - (1 - level)) > 1e-9:
            assert (group.lower > 0 or group.upper < 0) == (group.p_value < 1 - level)


def test_group_effects_take_bonferronis_quantile() -> None:
    [first, second] = group_effects([Effect(1.0, 0.5, 20), Effect(2.0, 1.0)], 0.9)
    assert first.upper - first.value == pytest.approx(0.5 * stats.t.ppf(0.975, 20), rel=ROUNDING)
    assert second.upper - second.value == pytest.approx(stats.norm.ppf(0.975), rel=ROUNDING)
    assert second.p_value == pytest.approx(4 * stats.norm.sf(2), rel=ROUNDING)


def test_worst_group_is_the_one_whose_bound_is_worst() -> None:
    groups = group_effects([Effect(0.0, 1.0), Effect(-1.0, 0.1), Effect(1.5, 0.1)], 0.95)
    assert worst_group(groups, higher_is_better=True) == 0
    assert worst_group(groups, higher_is_better=False) == 0
    precise = group_effects([Effect(0.0, 0.1), Effect(-1.0, 0.1), Effect(1.5, 0.1)], 0.95)
    assert worst_group(precise, higher_is_better=True) == 1
    assert worst_group(precise, higher_is_better=False) == 2


def check_size_and_coverage(repetitions: int) -> tuple[float, float]:
    """Rate of false rejections of Cochran's test, and how often all of 8 intervals hold their effect."""
    rng = np.random.default_rng(11)
    errors = np.linspace(0.5, 2.0, 8)
    rejected = covered = 0
    for values in 1.0 + errors * rng.standard_normal((repetitions, 8)):
        rejected += found(values.tolist(), errors.tolist()).p_value < 0.05
        groups = group_effects([Effect(*pair) for pair in zip(values, errors, strict=True)], 0.95)
        covered += all(group.lower <= 1.0 <= group.upper for group in groups)
    return rejected / repetitions, covered / repetitions


def test_cochrans_test_keeps_its_size_and_the_intervals_cover_together() -> None:
    size, coverage = check_size_and_coverage(2_000)
    assert size == pytest.approx(0.05, abs=0.02)
    assert coverage == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_cochrans_test_keeps_its_size_in_many_repetitions() -> None:
    size, coverage = check_size_and_coverage(40_000)
    assert size == pytest.approx(0.05, abs=0.0045)
    assert coverage == pytest.approx(1 - 8 * 0.05 / 8, abs=0.0065)


def test_a_group_that_differs_is_found() -> None:
    rng = np.random.default_rng(12)
    truth = np.array([1.0] * 7 + [-2.0])
    p_values = [found(values.tolist(), [0.5] * 8).p_value for values in truth + 0.5 * rng.standard_normal((200, 8))]
    assert np.mean(np.array(p_values) < 0.05) > 0.95
