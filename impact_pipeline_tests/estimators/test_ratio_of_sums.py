from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums
from impact_pipeline_tests.estimators.questions import estimated, question, refused
from impact_pipeline_tests.peer_tea_tasting import analysed, ratio
from impact_pipeline_tests.small_studies import Array, moments


def clicks(rng: np.random.Generator, n: int, rate: float) -> tuple[Array, Array]:
    views = rng.poisson(5, n) + 1
    return rng.binomial(views, rng.beta(10 * rate, 10 * (1 - rate), n)), views


def test_ratio_difference_and_interval_equal_tea_tasting() -> None:
    rng = np.random.default_rng(4)
    arms = {"control": clicks(rng, 600, 0.2), "treatment": clicks(rng, 500, 0.25)}
    found = estimated(RatioOfSums(), question("ratio", (moments(*arms["treatment"]), moments(*arms["control"]))))
    result = analysed({arm: {"y": y, "d": d} for arm, (y, d) in arms.items()}, ratio("y", "d"))
    assert found.value == pytest.approx(result.effect_size, rel=1e-11)
    assert found.interval.lower == pytest.approx(result.effect_size_ci_lower, rel=1e-10)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=1e-10)
    assert found.p_value == pytest.approx(result.pvalue, rel=1e-8)
    assert found.method == "ratio_of_sums"


def test_phases_are_combined_into_one_ratio_for_each_arm() -> None:
    rng = np.random.default_rng(5)
    first, second = [[moments(*clicks(rng, n, 0.2)) for n in sizes] for sizes in ((60, 200), (150, 150))]
    found = estimated(RatioOfSums(), question("ratio", (first[0], first[1]), (second[0], second[1])))
    weights = (260 / 560, 300 / 560)
    by_hand = [
        sum(w * float(s[a].mean("y")) for w, s in zip(weights, (first, second), strict=True))
        / sum(w * float(s[a].mean("d")) for w, s in zip(weights, (first, second), strict=True))
        for a in (0, 1)
    ]
    assert found.value == pytest.approx(by_hand[0] - by_hand[1], rel=1e-12)
    assert found.method == "ratio_of_sums, post-stratified by phase"


def test_an_uncertain_denominator_is_refused() -> None:
    found = refused(RatioOfSums(), question("ratio", (moments([1, 0, 2], [1, 9, 5]), moments([1, 1, 1], [1, 1, 1]))))
    assert found.reason is Reason.DENOMINATOR_NEAR_ZERO
    assert found.detail == (
        "the mean denominator of 'treatment' has a standard error of 46 % of it; "
        "a ratio needs one above 0 with a standard error up to 10 % of it"
    )


@pytest.mark.parametrize("denominators", [[0, 0], [-1, -1]])
def test_a_denominator_at_or_below_zero_is_refused(denominators: list[int]) -> None:
    arms = (moments([1, 2, 1], [1, 1, 1]), moments([0, 0], denominators))
    found = refused(RatioOfSums(), question("ratio", arms))
    assert found.reason is Reason.DENOMINATOR_NEAR_ZERO
    assert found.detail.startswith("the mean denominator of 'control' is not above 0; ")


@pytest.mark.parametrize("units", [[4, 4], [303, 307, 310, 311]])
def test_ratios_that_never_vary_have_no_interval(units: list[int]) -> None:
    d = np.array(units)
    found = refused(RatioOfSums(), question("ratio", (moments(2 * d, 3 * d), moments(d, 3 * d))))
    assert found.reason is Reason.ZERO_VARIANCE
