from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.cuped import adjusted, theta
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline_tests.small_studies import Array, moments

ONE = Fraction(1)


def pair(treatment: Moments, control: Moments, weight: Fraction = ONE) -> StratumPair:
    return StratumPair(weight, summarise(treatment, covariate=True), summarise(control, covariate=True))


def draw(rng: np.random.Generator, n: int, effect: int = 0) -> tuple[Array, Array]:
    """Outcome and covariate in thousandths, correlated by 0.7."""
    x = rng.normal(5, 1, n)
    y = 5 + 0.7 * (x - 5) + rng.normal(0, sqrt(1 - 0.49), n)
    return np.round(1000 * y).astype(int) + effect, np.round(1000 * x).astype(int)


def drawn_pair(rng: np.random.Generator, treated: int, controls: int, weight: Fraction = ONE) -> StratumPair:
    (yt, xt), (yc, xc) = draw(rng, treated), draw(rng, controls)
    return pair(moments(yt, x=xt), moments(yc, x=xc), weight)


def test_difference_is_close_to_ancova() -> None:
    rng = np.random.default_rng(5)
    (yt, xt), (yc, xc) = draw(rng, 400, 100), draw(rng, 600)
    pairs = [pair(moments(yt, x=xt), moments(yc, x=xc))]
    slope = theta(pairs)
    assert slope is not None
    found = difference(adjusted(pairs, slope), 0.95)
    given = np.repeat([1, 0], [400, 600])
    model = sm.OLS(np.concatenate([yt, yc]), np.column_stack([np.ones(1000), given, np.concatenate([xt, xc])]))
    fit = model.fit(cov_type="HC2")
    assert found.value == pytest.approx(fit.params[1], rel=1e-9)
    assert float(slope) == pytest.approx(fit.params[2], rel=1e-9)
    assert found.std_error == pytest.approx(fit.bse[1], rel=0.01)


def test_variance_is_that_of_the_residual_in_each_arm() -> None:
    rng = np.random.default_rng(6)
    (yt, xt), (yc, xc) = draw(rng, 50), draw(rng, 70)
    pairs = [pair(moments(yt, x=xt), moments(yc, x=xc))]
    slope = theta(pairs)
    assert slope is not None
    residual = [np.var(y - float(slope) * x, ddof=1) / len(y) for y, x in ((yt, xt), (yc, xc))]
    assert float(adjusted(pairs, slope).variance()) == pytest.approx(sum(residual), rel=1e-10)


def test_variance_falls_to_one_minus_the_squared_correlation() -> None:
    rng = np.random.default_rng(1)
    pairs = [drawn_pair(rng, 10_000, 10_000)]
    slope = theta(pairs)
    assert slope is not None
    assert float(adjusted(pairs, slope).variance() / post_stratified(pairs).variance()) == pytest.approx(0.51, abs=0.02)


def test_each_adjusted_mean_varies_as_its_reported_variance_says() -> None:
    rng = np.random.default_rng(8)
    reps, weights = 1500, (Fraction(1, 3), Fraction(2, 3))
    means, claimed = [], np.zeros((2, 2))
    for _ in range(reps):
        pairs = [drawn_pair(rng, 40, 80, w) for w in weights]
        found = adjusted(pairs, Fraction(7, 10))
        means.append([float(found.treatment), float(found.control)])
        parts = found.contributions
        t, c, tc = (float(sum(getattr(p, key) for p in parts)) for key in ("treatment", "control", "covariance"))
        claimed += np.array([[t, tc], [tc, c]]) / reps
    observed = np.cov(np.array(means).T)
    correlation = observed[0, 1] / sqrt(observed[0, 0] * observed[1, 1])
    assert np.diag(observed) == pytest.approx(np.diag(claimed), rel=0.15)
    assert observed[0, 1] == pytest.approx(claimed[0, 1], rel=0.2)
    assert correlation > 0.2


def test_slope_ignores_the_difference_between_arms() -> None:
    arm, shifted = moments([1, 3, 5], x=[0, 1, 2]), moments([101, 103, 105], x=[50, 51, 52])
    assert theta([pair(arm, shifted)]) == 2


def test_a_covariate_that_never_varies_has_no_slope() -> None:
    assert theta([pair(moments([1, 3, 5], x=[2, 2, 2]), moments([1, 2, 4], x=[2, 2, 2]))]) is None


def test_samples_without_a_covariate_are_refused() -> None:
    plain = StratumPair(ONE, summarise(moments([1, 2])), summarise(moments([1, 2])))
    with pytest.raises(ValueError, match="CUPED needs samples summarised with their covariate"):
        theta([plain])
