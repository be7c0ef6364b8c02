from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from impact_pipeline.stats.comparison import Comparison, against_relative_margin, proportions
from impact_pipeline.stats.cuped import adjusted, pooled_slopes
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import SampleSummary, StratumPair, post_stratified, summarise

ROUNDING = 1e-12
"""The same formula in double arithmetic, in another order."""

MULTIPLES = [1.0, 0.8, 1.3]


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_error_and_degrees_of_freedom_are_those_of_the_estimate_to_come(multiple: float) -> None:
    pair = StratumPair(1.0, SampleSummary(30.0, 5.0, 4.0), SampleSummary(50.0, 4.0, 9.0))
    std_error, degrees = post_stratified([pair]).error(multiple)
    planned = Comparison(4.0, 9.0, 0.3, 0.5, multiple)
    assert planned.std_error(100) == pytest.approx(std_error, rel=ROUNDING)
    assert planned.degrees_of_freedom(100) == pytest.approx(degrees, rel=ROUNDING)


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_what_cuped_removed_returns_where_the_multiple_is_not_one(multiple: float) -> None:
    x, noise = np.array([3, 1, 4, 1, 5, 9, 2, 6]), np.array([2, 7, 1, 8, 2, 8, 1, 8])
    y = 2 * x + noise
    arm = Moments(8, int(y.sum()), int(y @ y), x=(int(x.sum()),), xx=(int(x @ x),), xy=(int(x @ y),))
    pair = StratumPair(1.0, summarise(arm, covariates=True), summarise(arm, covariates=True))
    means = adjusted([pair], pooled_slopes([pair]))
    removed = float(np.corrcoef(x, y)[0, 1] ** 2 * y.var(ddof=1))
    left = float(y.var(ddof=1)) - removed
    planned = Comparison(left, left, multiple=multiple, covariate_variance=removed)
    assert planned.std_error(16) == pytest.approx(float(means.error(multiple)[0]), rel=1e-10)


def test_clusters_limit_the_degrees_of_freedom_and_not_the_error() -> None:
    single, clustered = Comparison(4.0, 4.0), Comparison(4.0, 4.0, cluster_size=25)
    assert clustered.std_error(1000) == single.std_error(1000)
    assert single.degrees_of_freedom(1000) == pytest.approx(998)
    assert clustered.degrees_of_freedom(1000) == pytest.approx(38)
    assert clustered.least_units == 100


def test_proportions_have_a_variance_each() -> None:
    found = proportions(0.2, 0.1, 0.25, 0.75)
    assert (found.treatment_variance, found.control_variance, found.null_ratio) == pytest.approx((0.16, 0.09, 1.0))


def test_a_pooled_test_has_the_error_of_the_common_proportion() -> None:
    found = proportions(0.2, 0.1, 0.25, 0.75, pooled=True)
    common = 0.25 * 0.2 + 0.75 * 0.1
    pooled = sqrt(common * (1 - common) * (1 / 0.25 + 1 / 0.75) / 100)
    assert found.null_ratio * found.std_error(100) == pytest.approx(pooled, rel=ROUNDING)


def test_effects_count_from_a_relative_margin_in_either_direction() -> None:
    base = Comparison(1.0, 1.0)
    higher, up = against_relative_margin(base, 50.0, 0.1, lift=0.02)
    lower, down = against_relative_margin(base, 50.0, 0.1, lift=0.02, better=-1)
    assert (higher, up.multiple) == pytest.approx((6.0, 0.9))
    assert (lower, down.multiple) == pytest.approx((4.0, 1.1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"control_variance": -1.0}, "a variance lies below 0"),
        ({"treatment_share": 0.0}, "shares of (0.0, 0.5) are not above 0 with a sum of at most 1"),
        ({"treatment_share": 0.6}, "shares of (0.6, 0.5) are not above 0 with a sum of at most 1"),
        ({"cluster_size": 0.5}, "a cluster of 0.5 units"),
    ],
)
def test_what_cannot_be_compared_is_refused(fields: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Comparison(**{"treatment_variance": 1.0, "control_variance": 1.0, **fields})
    assert str(caught.value) == message


def test_an_arm_of_one_cluster_has_no_degrees_of_freedom() -> None:
    with pytest.raises(ValueError, match="60 units give an arm fewer than two independent ones; 100 do"):
        Comparison(4.0, 4.0, cluster_size=25).degrees_of_freedom(60)
