from __future__ import annotations

from decimal import Decimal

import pytest

from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.catalog.metrics.readings import Reading, StepsPassed, UnitTotal, UnitValue, of
from impact_pipeline.catalog.metrics.trend import trend_of

WEEK = Window(start_day=2, days=5)
ORDERS = UnitTotal("orders", WEEK, "rows")
REVENUE = UnitTotal("orders", WEEK, "sum", "revenue")


def reading(value: UnitValue) -> Reading:
    return Reading("", "Some", "mean", value)


def weight_of_day(found: Reading, day: int) -> Decimal:
    """What a total of one on that day alone adds to the trend."""
    totals = (total for _, total in found.y.terms)
    shares = [day if isinstance(total, UnitTotal) and total.weight_by_day else 1 for total in totals]
    return sum((factor * share for (factor, _), share in zip(found.y.terms, shares, strict=True)), Decimal(0))


def test_weights_rise_by_two_a_day_around_the_middle_of_the_window() -> None:
    found = trend_of(reading(of(REVENUE)), WEEK)
    assert found is not None
    assert [weight_of_day(found, day) for day in range(2, 7)] == [-4, -2, 0, 2, 4]
    assert (found.variant, found.internal, found.form) == ("trend", True, "ratio")
    assert found.d == of(REVENUE)


def test_each_part_of_a_composite_has_its_trend() -> None:
    found = trend_of(reading(UnitValue(((Decimal("0.5"), REVENUE), (Decimal(-1), ORDERS)))), WEEK)
    assert found is not None
    assert [(factor, total.aggregate) for factor, total in found.y.terms if isinstance(total, UnitTotal)] == [
        (Decimal("1.0"), "sum"), (Decimal(-2), "rows"), (Decimal("-4.0"), "sum"), (Decimal(8), "rows"),
    ]  # fmt: skip


def test_the_trend_of_a_capped_value_is_that_of_the_whole() -> None:
    found = trend_of(reading(UnitValue(((Decimal(1), REVENUE),), cap=Decimal(5))), WEEK)
    assert found is not None
    assert found.y.cap is None
    assert found.d == of(REVENUE)


@pytest.mark.parametrize(
    ("value", "window"),
    [
        (of(ORDERS), Window(days=2)),
        (of(ORDERS, at_least=1), WEEK),
        (of(UnitTotal("orders", WEEK, "days")), WEEK),
        (of(StepsPassed((), WEEK)), WEEK),
    ],
)
def test_what_does_not_add_up_over_days_has_no_trend(value: UnitValue, window: Window) -> None:
    assert trend_of(reading(value), window) is None


def test_a_quantile_has_no_trend() -> None:
    assert trend_of(Reading("", "Some", "quantile", of(REVENUE), quantile=0.5), WEEK) is None
