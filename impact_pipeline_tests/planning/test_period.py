from __future__ import annotations

from datetime import date, timedelta

from impact_pipeline.planning.period import period_of

MARCH = [date(2026, 3, 1) + timedelta(days=n) for n in range(31)]
NEWEST = MARCH[-1]


def test_history_is_the_newest_days_whose_longest_window_has_closed() -> None:
    found = period_of(MARCH, NEWEST, {"orders": 6, "revenue": 9}, {}, days=14)
    assert found is not None
    assert (found.last, found.days, found.unread, found.notes) == (date(2026, 3, 22), 14, {}, ())


def test_history_is_as_short_as_the_lake() -> None:
    found = period_of(MARCH[:10], MARCH[9], {"orders": 0}, {}, days=28)
    assert found is not None
    assert (found.first, found.last) == (MARCH[0], MARCH[9])


def test_contacts_that_end_before_the_windows_end_history() -> None:
    found = period_of(MARCH[:12], NEWEST, {"orders": 6}, {}, days=7)
    assert found is not None
    assert (found.first, found.last) == (MARCH[5], MARCH[11])


def test_history_starts_where_covariates_are_known_if_that_leaves_a_week() -> None:
    found = period_of(MARCH, NEWEST, {"orders": 6}, {"before": date(2026, 3, 15)})
    assert found is not None
    assert (found.first, found.notes) == (date(2026, 3, 15), ())


def test_covariates_known_too_late_are_noted() -> None:
    found = period_of(MARCH[:14], MARCH[13], {"orders": 0}, {"before": date(2026, 3, 10)})
    assert found is not None
    assert found.first == MARCH[0]
    assert found.notes == (
        "covariate 'before' knows all that it looks back on from 2026-03-10 only, history starts on 2026-03-01: it "
        "will explain more than is counted here",
    )


def test_a_metric_whose_window_leaves_no_week_is_unread_and_stops_no_other() -> None:
    found = period_of(MARCH, NEWEST, {"orders": 6, "retained": 27}, {})
    assert found is not None
    assert found.last == date(2026, 3, 25)
    assert found.unread == {
        "retained": "its windows end 27 days after exposure: for units of up to 2026-03-25 they have not all closed"
    }


def test_the_shortest_window_is_read_where_none_leaves_a_week() -> None:
    found = period_of(MARCH[:5], MARCH[4], {"orders": 2, "revenue": 3}, {})
    assert found is not None
    assert (found.first, found.last, list(found.unread)) == (MARCH[0], MARCH[2], ["revenue"])


def test_no_period_without_contacts_metrics_or_closed_windows() -> None:
    assert period_of([], NEWEST, {"orders": 0}, {}) is None
    assert period_of(MARCH, NEWEST, {}, {}) is None
    assert period_of(MARCH, NEWEST, {"orders": 40}, {}) is None
