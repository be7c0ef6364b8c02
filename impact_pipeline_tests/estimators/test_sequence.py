from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.kept import kept_of
from impact_pipeline.estimators.sequence import LEAST_INFORMATION, decides, inference_of, information_at
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import START, Group, cells, mean_metric, study

CONTRAST = Contrast("treatment", "control")
METRIC = mean_metric(days=3)
ENROLLING_DAYS = 5
PLANNED_LOOK = 6
"""The last cohort is of day 4, its window closes two days later."""


def day(n: int) -> date:
    return START + timedelta(days=n)


def planned(kind: str, planned_units: int = 100, on: Sequence[int] = (3, 5), **fields: Any) -> Study:
    looks: dict[str, Any] = {"type": kind, **fields}
    if kind != "fixed":
        looks["planned_units"] = planned_units
    if kind == "group_sequential":
        looks["on"] = [day(n) for n in on]
    return study(METRIC, days=ENROLLING_DAYS, looks=looks)


def information(found: Study, as_of: int, units: Sequence[int] = (5, 5, 5, 5, 5)) -> tuple[float, ...]:
    """`units` of each arm enter on each day."""
    groups = (
        Group(arm, {"orders": Moments(n=n)}, day(i)) for i, n in enumerate(units) for arm in ("control", "treatment")
    )
    reading = METRIC.readings()[0]
    return information_at(found, kept_of(cells(*groups), "orders", reading), CONTRAST, day(as_of), METRIC.last_day)


SEQUENTIAL = planned("group_sequential")


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [(3, (0.2,)), (4, (0.2, 0.3)), (5, (0.2, 0.4)), (6, (0.2, 0.4, 1.0)), (9, (0.2, 0.4, 1.0))],
)
def test_information_is_the_share_of_planned_units_closed_at_each_planned_look_so_far(
    as_of: int, expected: tuple[float, ...]
) -> None:
    assert information(SEQUENTIAL, as_of) == pytest.approx(expected)


def test_a_look_before_any_window_has_closed_has_next_to_no_information() -> None:
    assert information(SEQUENTIAL, 1) == (LEAST_INFORMATION,)
    assert information(planned("group_sequential", on=(0, 1)), 1) == (LEAST_INFORMATION,)


def test_a_look_at_the_same_units_replaces_the_one_before() -> None:
    assert information(SEQUENTIAL, 5, (5, 5, 0, 0, 5)) == pytest.approx((0.2,))


def test_the_planned_look_does_not_spend_again_what_earlier_looks_spent() -> None:
    """More units came than planned: alpha was spent when the plan's number was in, the last look has none left."""
    found = information(planned("group_sequential", planned_units=20), PLANNED_LOOK)
    assert found == pytest.approx((1.0, 2.0, 2.5))
    assert GroupSequential(found, "obrien_fleming").critical_value(0.05, 1.0, 1.0) == float("inf")


def test_a_planned_look_at_more_than_the_planned_units_has_the_information_they_bring() -> None:
    assert information(planned("group_sequential", planned_units=40), PLANNED_LOOK) == pytest.approx((0.5, 1.0, 1.25))


def test_only_group_sequential_looks_need_information() -> None:
    assert information(planned("fixed"), 5) == information(planned("always_valid"), 5) == ()


def test_planned_units_are_those_of_the_contrasts_arms() -> None:
    shares = {"type": "randomized", "arms": {"control": 0.5, "treatment": 0.3, "other": 0.2}, "control": "control"}
    looks = {"type": "always_valid", "planned_units": 1000}
    assert inference_of(study(METRIC, design=shares, looks=looks), CONTRAST, ()) == AlwaysValid(800.0, 0.05)


def test_each_kind_of_looks_has_its_inference() -> None:
    assert inference_of(planned("fixed"), CONTRAST, ()) == FixedHorizon()
    assert inference_of(planned("always_valid"), CONTRAST, ()) == AlwaysValid(100.0, 0.05)
    spending = planned("group_sequential", spending="pocock")
    assert inference_of(spending, CONTRAST, (0.2,)) == GroupSequential((0.2,), "pocock")


@pytest.mark.parametrize(
    ("kind", "deciding"),
    [("fixed", [6, 7]), ("always_valid", [0, 1, 2, 3, 4, 5, 6, 7]), ("group_sequential", [3, 5, 6, 7])],
)
def test_a_look_decides_where_its_inference_holds(kind: str, deciding: list[int]) -> None:
    assert [n for n in range(8) if decides(planned(kind), day(n))] == deciding
