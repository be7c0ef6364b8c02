from __future__ import annotations

import numpy as np

from impact_pipeline.world.activity import SECOND, Day, live_day
from impact_pipeline.world.assignment import assignments
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import make_population

CONFIG = WorldConfig(users=3_000, days=20, warm_up_days=3, exposure_days=4)
DAY_US = 86_400 * SECOND


def days(config: WorldConfig, until: int) -> list[Day]:
    population, states = make_population(config), assignments(config)
    return [live_day(config, population, states, day) for day in range(until)]


def test_events_come_after_the_start_of_their_session_and_before_midnight() -> None:
    for day in days(CONFIG, 5):
        started = day.sessions.started
        for session, event in (
            (day.orders.session, day.orders.placed),
            (day.tickets.session, day.tickets.opened),
            (day.predictions.session, day.predictions.predicted),
        ):
            assert (event > started[session]).all()
            assert (event < DAY_US).all()


def test_sessions_stand_in_order_of_user_and_time() -> None:
    sessions = days(CONFIG, 1)[0].sessions
    assert np.array_equal(np.lexsort((sessions.started, sessions.user)), np.arange(len(sessions.user)))


def test_users_are_active_only_after_the_day_they_signed_up() -> None:
    signed_up_on = make_population(CONFIG).signed_up_on
    for day in days(CONFIG, 8):
        assert (signed_up_on[day.sessions.user] < day.number).all()


def test_contacts_are_logged_on_the_days_of_exposure_alone() -> None:
    logged = [sum(len(contact.session) for contact in day.contacts) > 0 for day in days(CONFIG, 9)]
    assert logged == [False] * 3 + [True] * 4 + [False] * 2


def test_a_longer_world_begins_like_a_shorter_one() -> None:
    longer = WorldConfig(users=3_000, days=40, warm_up_days=3, exposure_days=4)
    for one, two in zip(days(CONFIG, 6), days(longer, 6), strict=True):
        assert np.array_equal(one.orders.cents, two.orders.cents)
        assert np.array_equal(one.sessions.started, two.sessions.started)


def test_revenue_has_a_long_tail_and_a_ceiling() -> None:
    cents = np.concatenate([day.orders.cents for day in days(WorldConfig(users=20_000), 4)])
    assert cents.min() > 0
    assert np.quantile(cents, 0.99) > 4 * np.median(cents)
    assert cents.max() <= 60_000
