from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impact_pipeline.stats.buckets import bucket_bounds, bucket_of
from impact_pipeline.stats.delta_method import ratio_variance
from impact_pipeline.stats.distribution import Distribution, merged
from impact_pipeline.stats.moments import Moments

ROUNDING = 1e-12
"""Integers rounded once against sums of doubles."""

EVENT = st.tuples(st.integers(0, 9), st.integers(-1500, 1500) | st.integers(-(10**6), 10**6))
EVENTS = st.lists(EVENT, min_size=1, max_size=60)
DIGITS = st.integers(1, 4)
Rows = Sequence[tuple[int, int]]


def distribution(rows: Rows, digits: int = 3, scale: int = 0) -> Distribution:
    return Distribution.from_events([unit for unit, _ in rows], [value for _, value in rows], digits, scale)


def stored(**fields: Any) -> Distribution:
    return Distribution(**fields, digits=3)


def as_lists(found: Distribution) -> tuple[Any, ...]:
    sums = (found.buckets, found.counts, found.squares, found.products)
    return found.n, found.d, found.dd, *(part.tolist() for part in sums), found.digits, found.scale


def shares_by_unit(rows: Rows, bucket: int, digits: int) -> tuple[list[int], list[int]]:
    """Of each unit: its events at or below the bucket, and all of its events."""
    highest = bucket_bounds(bucket, digits)[1]
    units = sorted({unit for unit, _ in rows})
    at = [sum(unit == u and value <= highest for unit, value in rows) for u in units]
    return at, [sum(unit == u for unit, _ in rows) for u in units]


@given(rows=EVENTS, digits=DIGITS)
def test_cumulative_sums_are_those_of_units_at_every_cut(rows: Rows, digits: int) -> None:
    found = distribution(rows, digits)
    sums = zip(found.counts.cumsum(), found.squares.cumsum(), found.products.cumsum(), strict=True)
    for bucket, totals in zip(found.buckets.tolist(), sums, strict=True):
        at, events = shares_by_unit(rows, bucket, digits)
        products = sum(i * n for i, n in zip(at, events, strict=True))
        assert totals == (sum(at), sum(i * i for i in at), products)
    assert (found.n, found.d, found.dd) == (len(events), len(rows), sum(n * n for n in events))


@given(rows=EVENTS, digits=DIGITS, groups=st.integers(1, 5))
def test_distributions_merged_over_groups_of_units_equal_that_of_all_units(
    rows: Rows, digits: int, groups: int
) -> None:
    parts = [distribution([row for row in rows if row[0] % groups == group], digits) for group in range(groups)]
    whole = as_lists(distribution(rows, digits))
    assert as_lists(merged(parts)) == as_lists(reduce(add, parts)) == as_lists(merged(parts[::-1])) == whole


@given(rows=EVENTS, digits=DIGITS)
def test_variance_at_every_cut_is_the_delta_method_on_units(rows: Rows, digits: int) -> None:
    rows = [*rows, (10, 0), (11, 7)]
    found = distribution(rows, digits)
    for bucket in found.buckets.tolist():
        at, events = (np.array(part) for part in shares_by_unit(rows, bucket, digits))
        share = found.share_at(bucket)
        s = np.cov(at, events)
        by_rows = s[0, 0] - 2 * share.value * s[0, 1] + share.value**2 * s[1, 1]
        assert share.value == at.sum() / events.sum()
        assert share.variance == pytest.approx(by_rows / (found.n * events.mean() ** 2), rel=1e-9, abs=ROUNDING)


def test_variance_is_that_of_the_ratio_of_the_same_moments() -> None:
    rng = np.random.default_rng(1)
    rows = [(u, int(v)) for u in range(40) for v in rng.normal(500, 200, rng.poisson(6) + 1)]
    at, events = shares_by_unit(rows, 600, 3)
    moments = Moments(
        n=40, y=sum(at), yy=sum(i * i for i in at), d=len(rows), dd=sum(n * n for n in events),
        yd=sum(i * n for i, n in zip(at, events, strict=True)),
    )  # fmt: skip
    assert distribution(rows).share_at(600).variance == pytest.approx(float(ratio_variance(moments)), rel=ROUNDING)


def test_variance_of_one_event_a_unit_is_binomial() -> None:
    found = distribution([(unit, unit) for unit in range(50)])
    assert found.share_at(9).value == 0.2
    assert found.share_at(9).variance == pytest.approx(0.2 * 0.8 / 49, rel=ROUNDING)


def test_units_without_events_count_as_units_only() -> None:
    rows = [(0, 5), (0, 7), (1, 5), (2, 9)]
    silent = stored(n=3, d=0, dd=0, buckets=[], counts=[], squares=[], products=[])
    found = distribution(rows) + silent
    residuals = np.array([1 - 0.5 * 2, 1 - 0.5, -0.5, 0, 0, 0])
    assert (found.n, found.d) == (6, 4)
    assert found.share_at(5).variance == pytest.approx(residuals.var(ddof=1) / 6 / (4 / 6) ** 2, rel=ROUNDING)


def test_share_between_buckets_is_that_of_the_bucket_below() -> None:
    found = distribution([(0, 10), (1, 20), (2, 30)])
    assert found.share_at(25) == found.share_at(20)
    assert found.share_at(5).value == 0
    assert found.share_at(30) == found.share_at(31)
    assert (found.share_at(31).value, found.share_at(31).variance) == (1, 0)


@given(values=st.lists(st.integers(-99, 99), min_size=1, max_size=40), percent=st.integers(1, 100))
def test_quantile_of_narrow_buckets_is_the_order_statistic(values: list[int], percent: int) -> None:
    found = distribution(list(enumerate(values)), digits=2)
    rank = -(-percent * len(values) // 100)
    assert found.quantile(percent / 100) == sorted(values)[rank - 1]


def test_quantile_is_that_of_scipy() -> None:
    values = np.random.default_rng(2).integers(0, 10_000, 999)
    found = Distribution.from_events(range(999), values, digits=4)
    probabilities = np.array([0.01, 0.1, 0.25, 0.5, 0.9, 0.995])
    expected = stats.quantile(values, probabilities, method="inverted_cdf")
    assert [found.quantile(float(p)) for p in probabilities] == expected.tolist()


@given(rows=EVENTS, digits=DIGITS, percent=st.integers(1, 100))
def test_quantile_of_wide_buckets_lies_in_the_bucket_of_the_order_statistic(
    rows: Rows, digits: int, percent: int
) -> None:
    found = distribution(rows, digits)
    exact = sorted(value for _, value in rows)[-(-percent * len(rows) // 100) - 1]
    lowest, highest = bucket_bounds(bucket_of(exact, digits), digits)
    assert found.bucket_at(percent / 100) == bucket_of(exact, digits)
    assert lowest <= found.quantile(percent / 100) <= highest
    assert lowest - 0.5 <= found.quantile(percent / 100, "rounded") <= highest + 0.5


def test_quantile_in_a_wide_bucket_is_where_evenly_spread_events_would_be() -> None:
    found = distribution([(unit, value) for unit, value in enumerate([5, 5, 1_230, 1_234, 1_239, 1_239])], scale=1)
    assert found.quantile(4 / 6) == (1_230 + 0.5 * 9) / 10
    assert found.quantile(4 / 6, "rounded") == (1_229.5 + 0.5 * 10) / 10


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.01])
def test_probabilities_outside_0_to_1_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match=r"is not above 0 and at most 1$"):
        distribution([(0, 1)]).quantile(probability)


def test_sums_beyond_64_bits_stay_exact() -> None:
    events = 2**40
    sums = {"counts": [events], "squares": [events**2], "products": [events**2]}
    heavy = stored(n=1, d=events, dd=events**2, buckets=[5], **sums)
    found = merged([heavy, distribution([(0, 5), (0, 8), (1, 5)]), heavy])
    assert (found.n, found.d, found.dd) == (4, 2 * events + 3, 2 * events**2 + 5)
    assert found.squares.tolist() == [2 * events**2 + 2, 3]
    at, d, dd = 2 * events + 2, 2 * events + 3, 2 * events**2 + 5
    share = Fraction(at, d)
    residuals = 2 * events**2 + 2 - 2 * share * (2 * events**2 + 3) + share**2 * dd
    assert found.share_at(5).variance == float(4 * residuals / (3 * d**2))


@pytest.mark.parametrize(("digits", "scale"), [(2, 0), (3, 1)])
def test_different_buckets_or_scales_are_not_merged(digits: int, scale: int) -> None:
    with pytest.raises(ValueError, match="in buckets of the same digits and scale"):
        distribution([(0, 1)]) + distribution([(1, 1)], digits, scale)


def test_nothing_is_not_merged() -> None:
    with pytest.raises(ValueError, match="add up when there are some"):
        merged([])


@pytest.mark.parametrize(
    "wrong",
    [
        {"buckets": [8, 5]},
        {"buckets": [5, 5]},
        {"counts": [1, 2]},
        {"squares": [1, 2]},
        {"products": [2, 1]},
        {"d": 3},
        {"dd": 3},
    ],
    ids=str,
)
def test_buckets_that_are_no_distribution_are_refused(wrong: dict[str, Any]) -> None:
    right = {"n": 1, "d": 2, "dd": 4, "buckets": [5, 8], "counts": [1, 1], "squares": [1, 3], "products": [2, 2]}
    assert stored(**right).quantile(1.0) == 8
    with pytest.raises(ValueError, match="in order, and add up to all of its events"):
        stored(**{**right, **wrong})
