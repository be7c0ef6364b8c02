"""A day is half-open in UTC, in each of the three ways a source can keep it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from impact_pipeline.sources.day_bounds import day_bounds


def test_bounds_are_in_the_sources_own_type() -> None:
    leap = date(2028, 2, 29)
    assert day_bounds(leap, "date") == (date(2028, 2, 29), date(2028, 3, 1))
    assert day_bounds(leap, "iso_text") == ("2028-02-29", "2028-03-01")
    assert day_bounds(leap, "timestamp") == (datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))


def test_text_bounds_hold_for_both_spellings_of_an_instant() -> None:
    first, following = day_bounds(date(2026, 3, 5), "iso_text")
    inside = ["2026-03-05T00:00:00Z", "2026-03-05 23:59:59.999999+00:00", "2026-03-05"]
    outside = ["2026-03-04T23:59:59Z", "2026-03-06T00:00:00Z", "2026-03-06"]
    assert [str(first) <= text < str(following) for text in inside + outside] == [True] * 3 + [False] * 3
