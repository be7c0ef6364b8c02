"""How many units stand behind each number: by arm, value and day, and the most that one of them may be of a sum."""

from __future__ import annotations

from datetime import timedelta

from impact_pipeline.governance.disclosure import Margin
from impact_pipeline.outcomes.cells import EXPOSED
from impact_pipeline.outcomes.margins import margins_of
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, moments, study

IOS, WEB = ("device", "ios"), ("device", "web")
NEXT = START + timedelta(days=1)
STUDY = study(mean_metric(days=2), days=2, segments={"device": {"type": "column", "column": "device"}})


def found() -> tuple[dict[str, Margin], object]:
    groups = [
        Group("control", {"orders": moments([3, 4])}, START),
        Group("control", {"orders": moments([3])}, START, IOS),
        Group("control", {"orders": moments([4])}, START, WEB),
        Group("treatment", {"orders": moments([1, 1, 2])}, START),
        Group("treatment", {"orders": moments([1, 1, 2])}, START, WEB),
        exposed("control", 5, NEXT),
        exposed("control", 5, NEXT, WEB),
    ]
    return margins_of(STUDY, cells(*groups), START + timedelta(days=2))


def test_closed_windows_and_exposed_units_are_counted_apart() -> None:
    readings, _ = found()
    assert readings["orders"].whole == {"control": 2, "treatment": 3}
    assert readings[EXPOSED].whole == {"control": 7, "treatment": 3}
    assert readings[EXPOSED].segments == {
        "device": {"ios": {"control": 1, "treatment": 0}, "web": {"control": 6, "treatment": 3}}
    }


def test_the_largest_share_is_that_of_the_arm_where_it_is_larger() -> None:
    readings, _ = found()
    assert readings["orders"].largest == {"": {"": 5 / 7}, "device": {"ios": 1.0, "web": 1.0}}
    assert readings[EXPOSED].largest == {}


def test_days_count_what_had_closed_by_them() -> None:
    _, by_day = found()
    day = [(START + timedelta(days=n)).isoformat() for n in range(3)]
    assert by_day == {
        EXPOSED: {
            day[0]: {"control": 2, "treatment": 3},
            day[1]: {"control": 7, "treatment": 3},
            day[2]: {"control": 7, "treatment": 3},
        },
        "orders": {day[1]: {"control": 2, "treatment": 3}, day[2]: {"control": 2, "treatment": 3}},
    }
