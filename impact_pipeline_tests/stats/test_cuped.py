from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.cuped import adjusted, never_vary, pooled_slopes, slopes_by_arm
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, Real
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise, unit_weights
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.small_studies import Array, moments

SAME_NUMBERS = 1e-9
"""The same regression, solved by statsmodels from rows."""

OF_ORDER_1_OVER_N = 0.01
"""Errors with n - 1 of an arm against those with its leverages (HC2), at hundreds of units."""


def pair(treatment: Moments, control: Moments, weight: Real = 1.0) -> StratumPair:
    return StratumPair(weight, summarise(treatment, covariates=True), summarise(control, covariates=True))


def draw(rng: np.random.Generator, n: int, effect: int = 0) -> tuple[Array, Array]:
    """Outcome and covariate in thousandths, correlated by 0.7."""
    x = rng.normal(5, 1, n)
    y = 5 + 0.7 * (x - 5) + rng.normal(0, sqrt(1 - 0.49), n)
    return np.round(1000 * y).astype(int) + effect, np.round(1000 * x).astype(int)


def drawn_pair(rng: np.random.Generator, treated: int, controls: int, weight: float = 1.0) -> StratumPair:
    (yt, xt), (yc, xc) = draw(rng, treated), draw(rng, controls)
    return pair(moments(yt, x=xt), moments(yc, x=xc), weight)


def correlated(rng: np.random.Generator, n: int, slopes: Sequence[float], effect: float = 0.0) -> tuple[Array, Array]:
    """Outcome and covariates, as many as slopes, which are correlated with one another."""
    x = np.round(1000 * (rng.normal(size=(len(slopes), n)) + rng.normal(size=n))).astype(int)
    noise = rng.normal(size=n) * (1 + (x[0] > 0))
    return np.round(slopes @ x + 1000 * (noise + effect)).astype(int), x


Arms = tuple[tuple[Array, Array], tuple[Array, Array]]


def arms(rng: np.random.Generator, of_treatment: Sequence[float], of_control: Sequence[float]) -> Arms:
    return correlated(rng, 400, of_treatment, 0.1), correlated(rng, 900, of_control)


def rows(found: Arms) -> tuple[Array, Array, Array]:
    """Outcome, treatment (0 or 1) and covariates less their mean, of all units."""
    (yt, xt), (yc, xc) = found
    x = np.concatenate([xt, xc], axis=1).T
    return np.concatenate([yt, yc]), np.repeat([1, 0], [len(yt), len(yc)]), x - x.mean(axis=0)


def read(found: Arms) -> StratumPair:
    (yt, xt), (yc, xc) = found
    return pair(moments(yt, x=xt), moments(yc, x=xc))


@pytest.mark.parametrize("slopes", [(0.7,), (0.7, -0.4), (0.7, -0.4, 1.1)])
def test_difference_is_that_of_ancova(slopes: tuple[float, ...]) -> None:
    units = arms(np.random.default_rng(5), slopes, slopes)
    pairs = [read(units)]
    theta = pooled_slopes(pairs)
    found = difference(adjusted(pairs, theta), 0.05, 1300.0)
    y, treated, x = rows(units)
    fit = sm.OLS(y, np.column_stack([np.ones(len(y)), treated, x])).fit(cov_type="HC2")
    assert found.value == pytest.approx(fit.params[1], rel=SAME_NUMBERS)
    assert [float(slope) for slope in theta] == pytest.approx(fit.params[2:].tolist(), rel=SAME_NUMBERS)
    assert found.std_error == pytest.approx(fit.bse[1], rel=OF_ORDER_1_OVER_N)


@pytest.mark.parametrize("slopes", [((0.7,), (0.1,)), ((0.7, -0.4), (0.5, 0.9)), ((0.7, 0.2, 1.1), (0.0, 0.3, 0.6))])
def test_slopes_by_arm_give_the_interacted_regression_of_lin(slopes: tuple[Sequence[float], Sequence[float]]) -> None:
    units = arms(np.random.default_rng(6), *slopes)
    pairs = [read(units)]
    of_treatment, of_control = slopes_by_arm(pairs)
    found = difference(adjusted(pairs, of_treatment, of_control), 0.05, 1300.0)
    y, treated, x = rows(units)
    fit = sm.OLS(y, np.column_stack([np.ones(len(y)), treated, x, treated[:, None] * x])).fit(cov_type="HC2")
    k = x.shape[1]
    assert found.value == pytest.approx(fit.params[1], rel=SAME_NUMBERS)
    assert [float(slope) for slope in of_control] == pytest.approx(fit.params[2 : 2 + k].tolist(), rel=1e-8)
    apart = fit.params[2 + k :]
    of_mean = float(apart @ np.cov(x.T).reshape(k, k) @ apart) / len(y)
    assert found.std_error == pytest.approx(sqrt(fit.bse[1] ** 2 + of_mean), rel=OF_ORDER_1_OVER_N)


def test_variance_is_that_of_the_residual_in_each_arm() -> None:
    rng = np.random.default_rng(6)
    (yt, xt), (yc, xc) = draw(rng, 50), draw(rng, 70)
    pairs = [pair(moments(yt, x=xt), moments(yc, x=xc))]
    [slope] = pooled_slopes(pairs)
    residual = [np.var(y - float(slope) * x, ddof=1) / len(y) for y, x in ((yt, xt), (yc, xc))]
    assert float(adjusted(pairs, (slope,)).variance()) == pytest.approx(sum(residual), rel=1e-10)


def test_variance_falls_to_one_minus_the_squared_correlation() -> None:
    pairs = [drawn_pair(np.random.default_rng(1), 10_000, 10_000)]
    ratio = adjusted(pairs, pooled_slopes(pairs)).variance() / post_stratified(pairs).variance()
    assert float(ratio) == pytest.approx(0.51, abs=0.02)


@pytest.mark.parametrize("by_arm", [False, True])
def test_each_adjusted_mean_varies_as_its_reported_variance_says(by_arm: bool) -> None:
    rng = np.random.default_rng(8)
    slopes = ((1.4, 0.4), (0.6, 1.2)) if by_arm else ((1.0, 0.8), (1.0, 0.8))
    reps, weights, sizes = 1500, (1 / 3, 2 / 3), (40, 80)
    means, claimed = [], np.zeros((2, 2))
    for _ in range(reps):
        drawn = [tuple(correlated(rng, n, own) for n, own in zip(sizes, slopes, strict=True)) for _ in weights]
        pairs = [
            pair(moments(yt, x=xt), moments(yc, x=xc), w)
            for w, ((yt, xt), (yc, xc)) in zip(weights, drawn, strict=True)
        ]
        found = adjusted(pairs, *slopes)
        means.append([float(found.treatment), float(found.control)])
        t, c, tc = (float(number) for number in found.covariances())
        claimed += np.array([[t, tc], [tc, c]]) / reps
    observed = np.cov(np.array(means).T)
    assert np.diag(observed) == pytest.approx(np.diag(claimed), rel=0.15)
    assert observed[0, 1] == pytest.approx(claimed[0, 1], rel=0.2)
    assert observed[0, 1] / sqrt(observed[0, 0] * observed[1, 1]) > 0.2


def numbers(means: TwoMeans) -> list[Any]:
    return [means.treatment, means.control, *means.error(), *means.error(0.9)]


@given(seed=st.integers(0, 2**32 - 1), covariates=st.integers(1, 3), by_arm=st.booleans())
def test_an_array_of_groups_has_the_bits_of_each_group_alone(seed: int, covariates: int, by_arm: bool) -> None:
    """Strata of weight 0 included: their units, whatever they are, leave no trace in slopes or means."""
    rng = np.random.default_rng(seed)
    counted = [(1, 1), (1, 0), (0, 1), (1, 1)]
    slopes = rng.normal(size=covariates).tolist()
    units = [[[correlated(rng, n, slopes) for n in (9, 14)] for _ in range(2)] for _ in counted]
    weights = unit_weights([np.array(own, dtype=object) * 23 for own in zip(*counted, strict=True)])

    def answer(pairs: Sequence[StratumPair]) -> list[Any]:
        return numbers(adjusted(pairs, *(slopes_by_arm(pairs) if by_arm else (pooled_slopes(pairs),))))

    def together(stratum: int, arm: int) -> Moments:
        return stacked([moments(y, x=x) for y, x in (group[stratum][arm] for group in units)])

    found = answer([pair(together(i, 0), together(i, 1), weights[i]) for i in (0, 1)])
    for place, (group, own) in enumerate(zip(units, counted, strict=True)):
        read_alone = [[moments(y, x=x) for y, x in group[i]] for i in (0, 1) if own[i]]
        alone = answer([pair(treatment, control, 1 / sum(own)) for treatment, control in read_alone])
        assert [float(np.asarray(number)[place]) for number in found] == [float(number) for number in alone]


def test_slope_ignores_the_difference_between_arms() -> None:
    arm, shifted = moments([1, 3, 5], x=[0, 1, 2]), moments([101, 103, 105], x=[50, 51, 52])
    assert pooled_slopes([pair(arm, shifted)]) == (2.0,)


def test_a_multiple_of_a_covariate_adds_nothing_and_has_no_slope() -> None:
    (yt, xt), (yc, xc) = arms(np.random.default_rng(9), (0.7, 0.3), (0.7, 0.3))
    single = [read(((yt, xt), (yc, xc)))]
    doubled = [read(((yt, np.stack([*xt, -3 * xt[0]])), (yc, np.stack([*xc, -3 * xc[0]]))))]
    *slopes, of_multiple = pooled_slopes(doubled)
    assert of_multiple == 0.0
    assert slopes == list(pooled_slopes(single))
    assert adjusted(doubled, (*slopes, of_multiple)).change == adjusted(single, tuple(slopes)).change


def test_covariates_that_never_vary_leave_the_plain_means() -> None:
    pairs = [pair(moments([1, 3, 5], x=[2, 2, 2]), moments([1, 2, 4], x=[7, 7, 7]))]
    assert pooled_slopes(pairs) == (0.0,)
    assert adjusted(pairs, pooled_slopes(pairs)).variance() == post_stratified(pairs).variance()


def test_a_covariate_that_varies_only_where_nothing_counts_never_varies() -> None:
    constant, varied = moments([1, 3, 5], x=[2, 2, 2]), moments([1, 3, 5], x=[2, 0, 7])
    assert never_vary([pair(constant, constant), pair(varied, varied, 0.0)]).tolist() == [True]
    assert never_vary([pair(constant, constant, 0.5), pair(constant, varied, 0.5)]).tolist() == [False]
    assert never_vary([pair(stacked([constant, varied]), stacked([constant, constant]))]).tolist() == [True, False]
    assert never_vary([pair(moments([1, 2]), moments([1, 2]))]).tolist() == [True]


def test_a_covariate_without_correlation_varies_all_the_same() -> None:
    balanced = pair(moments([1, 2, 1], x=[1, 2, 3]), moments([1, 2, 1], x=[1, 2, 3]))
    assert pooled_slopes([balanced]) == (0.0,)
    assert never_vary([balanced]).tolist() == [False]


def test_samples_without_covariates_are_refused() -> None:
    plain = StratumPair(1.0, summarise(moments([1, 2])), summarise(moments([1, 2])))
    with pytest.raises(ValueError, match="an adjustment needs samples summarised with their covariates"):
        pooled_slopes([plain])
