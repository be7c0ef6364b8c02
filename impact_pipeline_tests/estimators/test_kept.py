from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.catalog.metrics.readings import Reading, UnitValue
from impact_pipeline.estimators.kept import kept_of
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.stats.buckets import bucket_of
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    by_bucket,
    cells,
    moments,
    scaled,
    units_by_value,
)

NEXT = START + timedelta(days=1)
WEB = ("device", "web")
CAPPED = Reading("", "Orders", "mean", UnitValue(()), digits=2, cap_percentile=0.9)
MEDIAN = Reading("", "Median", "quantile", UnitValue(()), quantile=0.5, digits=2)
Units = dict[tuple[str, date, tuple[str, str]], Array]
"""(arm, cohort day, group) -> rows of outcome, denominator and covariates of its units."""


def capped_cells(units: Units, digits: int = 2, scale: int = 0) -> Cells:
    groups = []
    for (arm, day, segment), (y, d, *x) in units.items():
        parts = {bucket: scaled(found, scale) for bucket, found in by_bucket(y, digits, d, x).items()}
        whole = {"orders": scaled(moments(y, d, x), scale)}
        groups.append(Group(arm, whole, day, segment, buckets={"orders": parts}))
    return cells(*groups)


def drawn(rng: np.random.Generator, lowest: int = -2000) -> Units:
    """Units of two arms on two days; those of the web are part of all."""
    found: Units = {}
    for arm in ("control", "treatment"):
        for day in (START, NEXT):
            everyone = rng.integers(lowest, 5000, (4, rng.integers(2, 25)))
            found[arm, day, ALL_UNITS] = everyone
            found[arm, day, WEB] = everyone[:, ::2]
    return found


def smallest_with_share(values: list[int], percentile: str, digits: int) -> int:
    """The bucket of the smallest value with this share of values at or below it, counted out."""
    ordered = sorted(values)
    return bucket_of(ordered[ceil(Fraction(percentile) * len(ordered)) - 1], digits)


@given(seed=st.integers(0, 2**32 - 1), percentile=st.sampled_from(["0.55", "0.7", "0.9", "0.99"]))
def test_a_pooled_cap_from_cells_is_that_of_the_units(seed: int, percentile: str) -> None:
    units = drawn(np.random.default_rng(seed))
    found = capped_cells(units)
    kept = kept_of(found, "orders", replace(CAPPED, cap_percentile=float(percentile)))
    everyone = [int(y) for (_, _, group), rows in units.items() if group == ALL_UNITS for y in rows[0]]
    cap = smallest_with_share(everyone, percentile, 2)
    assert kept.cap == cap
    for (arm, day, group), (y, d, *x) in units.items():
        a, c, g = found.axes.place[arm], found.axes.place[day], found.axes.place[group]
        assert kept.moments.each(lambda sums, at=(c, a, g): sums[at]) == moments(  # type: ignore[misc]
            np.where(y > cap if cap < 0 else y >= cap, cap, y), d, x
        )


def test_a_percentile_that_falls_between_two_units_is_counted_as_written() -> None:
    """0.55 x 100 is 55.00000000000001 in doubles, and yet the 55th of 100 units has that share."""
    units = {("control", START, ALL_UNITS): np.stack([np.arange(1, 101), np.ones(100, dtype=int)])}
    found = capped_cells(units, digits=3)
    assert kept_of(found, "orders", replace(CAPPED, cap_percentile=0.55, digits=3)).cap == 55.0


def test_a_cap_below_zero_leaves_units_of_its_own_bucket_as_they_are() -> None:
    """The bucket of -129 to -120 is named -120, by its value nearest to 0."""
    y = np.array([-900, -129, -125, -120, -119, 4])
    found = capped_cells({("control", START, ALL_UNITS): np.stack([y, np.ones(6, dtype=int)])})
    kept = kept_of(found, "orders", replace(CAPPED, cap_percentile=0.6))
    assert kept.cap == -120.0
    assert np.asarray(kept.moments.y).ravel().tolist() == [-900 - 129 - 125 - 120 - 120 - 120]


def test_arms_share_the_cap_and_it_is_told_in_the_metrics_unit() -> None:
    low, high = np.array([[100, 200, 300, 400], [1] * 4]), np.array([[500, 600, 700, 9000], [1] * 4])
    found = capped_cells({("control", START, ALL_UNITS): low, ("treatment", START, ALL_UNITS): high}, scale=2)
    kept = kept_of(found, "orders", replace(CAPPED, cap_percentile=0.75))
    assert kept.cap == 6.0
    assert np.asarray(kept.moments.y)[0, :, 0].tolist() == [1000, 500 + 3 * 600]
    assert np.asarray(found.dense("orders").y)[0, :, 0].tolist() == [1000, 10_800]


def test_a_cap_of_an_earlier_look_is_that_of_the_cohorts_closed_by_then() -> None:
    first, second = np.array([[10, 20, 30], [1] * 3]), np.array([[50, 60, 70], [1] * 3])
    found = capped_cells({("control", START, ALL_UNITS): first, ("control", NEXT, ALL_UNITS): second})
    reading = replace(CAPPED, cap_percentile=0.6)
    closed = START + timedelta(days=2)
    assert kept_of(found, "orders", reading, closed, 2).cap == 20.0
    assert kept_of(found, "orders", reading, closed + timedelta(days=1), 2).cap == 50.0
    assert kept_of(found, "orders", reading).cap == 50.0
    assert kept_of(found, "orders", reading, START, 2).cap is None


def test_a_reading_without_a_percentile_or_without_cells_has_no_cap() -> None:
    found = capped_cells(drawn(np.random.default_rng(1)))
    uncapped = kept_of(found, "orders", replace(CAPPED, cap_percentile=None))
    assert uncapped.cap is None
    assert uncapped.moments is found.dense("orders")
    assert kept_of(found, "visits", CAPPED).cap is None


def test_distributions_are_merged_from_cells() -> None:
    rng = np.random.default_rng(2)
    values = {(arm, day): rng.integers(-500, 5000, 30) for arm in ("control", "treatment") for day in (START, NEXT)}
    groups = []
    for (arm, day), y in values.items():
        whole, buckets = units_by_value(y, 2)
        groups.append(Group(arm, {"median": scaled(whole, 1)}, day, buckets={"median": in_tenths(buckets)}))
    found = cells(*groups)
    kept = kept_of(found, "median", MEDIAN)
    for arm in ("control", "treatment"):
        for days in ((START,), (START, NEXT)):
            y = np.concatenate([values[arm, day] for day in days])
            expected = Distribution.from_events(range(len(y)), y, digits=2, scale=1)
            merged = kept.distribution(found.places_of(days), found.axes.place[arm], found.axes.place[ALL_UNITS])
            assert told(merged) == told(expected)


def in_tenths(buckets: dict[int, Moments]) -> dict[int, Moments]:
    return {bucket: scaled(found, 1) for bucket, found in buckets.items()}


def told(found: Distribution) -> list[object]:
    columns = [getattr(found, name).tolist() for name in ("buckets", "counts", "squares", "products")]
    return [found.n, found.d, found.dd, found.digits, found.scale, *columns]


def test_events_of_units_are_merged_from_cells() -> None:
    """Unit 1 has events of 5, 5 and 8, unit 2 one of 5, and unit 3 none."""
    whole = Moments(n=3, d=4, dd=10)
    buckets = {5: Moments(n=2, y=3, yy=5, yd=7), 8: Moments(n=1, y=1, yy=5, yd=3)}
    found = cells(Group("control", {"median": whole}, buckets={"median": buckets}))
    merged = kept_of(found, "median", MEDIAN).distribution([0], 0, found.axes.place[ALL_UNITS])
    assert told(merged) == [3, 4, 10, 2, 0, [5, 8], [3, 1], [5, 5], [7, 3]]


@pytest.mark.parametrize("whole", [Moments(n=3), Moments()])
def test_units_without_an_event_are_units_all_the_same(whole: Moments) -> None:
    found = cells(Group("control", {"median": whole}))
    merged = kept_of(found, "median", MEDIAN).distribution([0], 0, found.axes.place[ALL_UNITS])
    assert told(merged) == [whole.n, 0, 0, 2, 0, [], [], [], []]
