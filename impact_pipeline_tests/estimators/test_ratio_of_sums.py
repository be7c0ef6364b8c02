from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Result, Sample, Stratum
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.peer_tea_tasting import analysed, ratio
from impact_pipeline_tests.small_studies import Array, moments, ratio_metric

CONTRAST = Contrast("treatment", "control")


def estimate(*strata: tuple[Moments, Moments]) -> Result:
    found = [Stratum(f"phase {i}", {"treatment": t, "control": c}, t.n + c.n) for i, (t, c) in enumerate(strata)]
    return RatioOfSums().estimate(ratio_metric(), Sample(("", ""), tuple(found)), CONTRAST, confidence_level=0.95)


def clicks(rng: np.random.Generator, n: int, rate: float) -> tuple[Array, Array]:
    views = rng.poisson(5, n) + 1
    return rng.binomial(views, rng.beta(10 * rate, 10 * (1 - rate), n)), views


def test_ratio_difference_and_interval_equal_tea_tasting() -> None:
    rng = np.random.default_rng(4)
    arms = {"control": clicks(rng, 600, 0.2), "treatment": clicks(rng, 500, 0.25)}
    found = estimate((moments(*arms["treatment"]), moments(*arms["control"])))
    result = analysed({arm: {"y": y, "d": d} for arm, (y, d) in arms.items()}, ratio("y", "d"))
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(result.effect_size, rel=1e-11)
    assert found.interval.lower == pytest.approx(result.effect_size_ci_lower, rel=1e-10)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=1e-10)
    assert found.p_value == pytest.approx(result.pvalue, rel=1e-8)


def test_phases_are_combined_into_one_ratio_for_each_arm() -> None:
    rng = np.random.default_rng(5)
    first, second = [[moments(*clicks(rng, n, 0.2)) for n in sizes] for sizes in ((60, 200), (150, 150))]
    found = estimate((first[0], first[1]), (second[0], second[1]))
    assert isinstance(found, Estimate)
    weights = (260 / 560, 300 / 560)
    by_hand = [
        sum(w * float(s[a].mean("y")) for w, s in zip(weights, (first, second), strict=True))
        / sum(w * float(s[a].mean("d")) for w, s in zip(weights, (first, second), strict=True))
        for a in (0, 1)
    ]
    assert found.value == pytest.approx(by_hand[0] - by_hand[1], rel=1e-12)
    assert found.method == "ratio_of_sums, post-stratified by phase"


def test_an_uncertain_denominator_is_refused() -> None:
    found = estimate((moments([1, 0, 2], [1, 9, 5]), moments([1, 1, 1], [1, 1, 1])))
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.DENOMINATOR_NEAR_ZERO
    assert found.detail == (
        "the mean denominator of 'treatment' has a standard error of 46 % of it; "
        "a ratio needs one above 0 with a standard error up to 10 % of it"
    )


def test_a_denominator_of_zero_is_refused() -> None:
    found = estimate((moments([1, 2, 1], [1, 1, 1]), moments([0, 0], [0, 0])))
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.DENOMINATOR_NEAR_ZERO
    assert found.detail.startswith("the mean denominator of 'control' is not above 0; ")


def test_ratios_that_never_vary_have_no_interval() -> None:
    found = estimate((moments([2, 2], [4, 4]), moments([1, 1], [4, 4])))
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.ZERO_VARIANCE
