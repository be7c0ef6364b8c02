from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.outcomes.cells import stacked
from impact_pipeline_tests.estimators.questions import concluded, estimated, question, refused
from impact_pipeline_tests.peer_tea_tasting import analysed, mean
from impact_pipeline_tests.small_studies import Array, moments

TOTAL_AND_WITHIN = 2e-3
"""tea-tasting takes theta over both arms together, we within arms: apart by a term of order 1 / n."""


def orders(rng: np.random.Generator, n: int, lift: float) -> tuple[Array, Array]:
    rate = rng.gamma(2, 2, n)
    return rng.poisson(rate * (1 + lift)), rng.poisson(rate)


def test_difference_and_lift_are_those_of_tea_tasting_at_large_n() -> None:
    rng = np.random.default_rng(7)
    arms = {"control": orders(rng, 20_000, 0), "treatment": orders(rng, 20_000, 0.1)}
    read = {arm: moments(y, x=x) for arm, (y, x) in arms.items()}
    found = estimated(Cuped(), question("mean", (read["treatment"], read["control"])))
    result = analysed({arm: {"y": y, "x": x} for arm, (y, x) in arms.items()}, mean("y", "x"))
    assert found.relative is not None
    assert found.value == pytest.approx(result.effect_size, rel=TOTAL_AND_WITHIN)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=TOTAL_AND_WITHIN)
    assert found.relative.value == pytest.approx(result.rel_effect_size, rel=TOTAL_AND_WITHIN)
    assert found.relative.interval.lower == pytest.approx(result.rel_effect_size_ci_lower, rel=5e-3)
    assert found.relative.interval.upper == pytest.approx(result.rel_effect_size_ci_upper, rel=5e-3)


def test_several_covariates_give_the_effect_of_ancova() -> None:
    rng = np.random.default_rng(10)
    rate = rng.gamma(2, 2, 1500)
    x = np.stack([rng.poisson(rate), rng.poisson(3 * rate), rng.poisson(4, 1500)])
    treated = rng.random(1500) < 0.3
    y = rng.poisson(rate * (1 + 0.2 * treated)) + x[2]
    arms = [moments(y[chosen], x=x[:, chosen]) for chosen in (treated, ~treated)]
    found = estimated(Cuped(), question("mean", (arms[0], arms[1])))
    fit = sm.OLS(y, np.column_stack([np.ones(1500), treated, x.T])).fit(cov_type="HC2")
    assert found.method == "cuped"
    assert found.value == pytest.approx(fit.params[1], rel=1e-9)
    assert found.std_error == pytest.approx(fit.bse[1], rel=0.01)


def test_variance_ratio_compares_with_the_plain_estimate_of_the_same_units() -> None:
    rng = np.random.default_rng(8)
    arms = tuple(moments(y, x=x) for y, x in (orders(rng, 300, 0.1), orders(rng, 300, 0)))
    found = estimated(Cuped(), question("mean", (arms[0], arms[1])))
    plain = estimated(DifferenceInMeans(), question("mean", (arms[0], arms[1])))
    assert found.variance_ratio == pytest.approx((found.std_error / plain.std_error) ** 2, rel=1e-12)
    assert found.variance_ratio is not None
    assert found.variance_ratio < 0.8


def test_a_constant_covariate_leaves_the_plain_estimate_under_its_own_name() -> None:
    arms = moments([3, 5, 7], x=[1, 1, 1]), moments([1, 2, 3], x=[1, 1, 1])
    found = estimated(Cuped(), question("mean", arms))
    assert (found.method, found.variance_ratio, found.value) == ("difference_in_means (covariate constant)", None, 3.0)


def test_a_constant_covariate_of_a_ratio_leaves_the_plain_ratio() -> None:
    arms = moments([3, 5, 7], [9, 9, 9], [1, 1, 1]), moments([1, 2, 3], [9, 9, 9], [1, 1, 1])
    assert estimated(Cuped(), question("ratio", arms)).method == "ratio_of_sums (covariate constant)"


def test_each_group_is_named_by_whether_its_own_covariates_vary() -> None:
    constant, varied = moments([3, 5, 7], x=[1, 1, 1]), moments([3, 5, 7], x=[1, 2, 1])
    asked = question("mean", (stacked([constant, varied]), stacked([constant, constant])))
    assert Cuped().answer(asked).otherwise is not None
    mask, name = Cuped().answer(asked).otherwise or (np.zeros(0), "")
    assert (mask.tolist(), name) == ([True, False], "difference_in_means (covariate constant)")
    assert np.isnan(np.asarray(Cuped().answer(asked).variance_ratio)).tolist() == [True, False]


def test_a_covariate_that_does_not_help_is_still_adjusted_for() -> None:
    arm = moments([1, 2, 1], x=[1, 2, 3])
    found = estimated(Cuped(), question("mean", (arm, arm)))
    assert (found.method, found.variance_ratio) == ("cuped", 1.0)


EXPLAINED = "the covariates explain every difference between units; an adjusted difference has no uncertainty"


@pytest.mark.parametrize("seed", range(20))
def test_an_outcome_explained_in_full_has_no_variance_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    slopes = rng.integers(1, 10**6, 2)
    x = rng.integers(1, 10**6, (2, 2, 40))
    found = refused(Cuped(), question("mean", (moments(slopes @ x[0], x=x[0]), moments(slopes @ x[1], x=x[1]))))
    assert (found.method, found.reason, found.detail) == ("cuped", Reason.ZERO_VARIANCE, EXPLAINED)


@pytest.mark.parametrize("form", ["mean", "ratio"])
def test_units_that_never_differ_are_refused_as_such(form: str) -> None:
    rng = np.random.default_rng(3)
    d = rng.integers(500, 700, (2, 40)) if form == "ratio" else np.full((2, 40), 3)
    arms = [moments(factor * d[i], 7 * d[i], rng.integers(0, 9, 40)) for i, factor in enumerate((3, 5))]
    found = refused(Cuped(), question("ratio" if form == "ratio" else "mean", (arms[0], arms[1])))
    assert found.reason is Reason.ZERO_VARIANCE
    assert found.detail == "no unit differs from another within its arm; a difference has no uncertainty"


def test_a_ratio_is_made_linear_before_it_is_adjusted() -> None:
    rng = np.random.default_rng(9)
    arms = []
    for n in (4000, 4000):
        views, rate = rng.poisson(5, n) + 1, rng.beta(2, 8, n)
        arms.append((rng.binomial(views, rate), views, rng.binomial(20, rate)))
    found = estimated(Cuped(), question("ratio", (moments(*arms[0]), moments(*arms[1]))))
    assert found.method == "cuped"
    assert found.variance_ratio is not None
    linear = [(y - y.sum() / d.sum() * d) / d.mean() for y, d, _ in arms]
    x = np.concatenate([x - x.mean() for _, _, x in arms])
    slope = np.dot(np.concatenate(linear), x) / np.dot(x, x)
    by_hand = [y.sum() / d.sum() for y, d, _ in arms]
    expected = by_hand[0] - by_hand[1] - slope * (arms[0][2].mean() - arms[1][2].mean())
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.variance_ratio < 0.8


@pytest.mark.parametrize("denominators", [[1, 9, 5], [0, 0, 0]])
def test_an_uncertain_denominator_is_refused_before_the_adjustment(denominators: list[int]) -> None:
    arms = moments([1, 0, 2], denominators, [1, 2, 3]), moments([1, 1, 1], [1, 1, 1], [1, 2, 3])
    found = refused(Cuped(), question("ratio", arms))
    assert (found.method, found.reason) == ("cuped", Reason.DENOMINATOR_NEAR_ZERO)


def test_a_covariate_that_repeats_another_changes_nothing() -> None:
    rng = np.random.default_rng(11)
    arms = [orders(rng, 200, lift) for lift in (0.1, 0.0)]
    single = concluded(Cuped(), question("mean", tuple(moments(y, x=x) for y, x in arms)))  # type: ignore[arg-type]
    twice = concluded(Cuped(), question("mean", tuple(moments(y, x=[x, 5 * x]) for y, x in arms)))  # type: ignore[arg-type]
    assert single == twice
