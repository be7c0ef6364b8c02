"""Window totals per unit and study, taken from a world's days as they pass: an oracle apart from the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from impact_pipeline.world.activity import Day, live_day
from impact_pipeline.world.assignment import NEVER, Assignment, assignments
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import Flags, Floats, Ints, make_population
from impact_pipeline.world.studies import STUDIES

Weights = Callable[[Day], tuple[Ints, Floats]]


def _orders(day: Day) -> tuple[Ints, Floats]:
    return day.orders.session, np.ones(len(day.orders.session))


def _revenue(day: Day) -> tuple[Ints, Floats]:
    return day.orders.session, day.orders.cents / 100


def _tickets(day: Day) -> tuple[Ints, Floats]:
    return day.tickets.session, np.ones(len(day.tickets.session))


def _sessions(day: Day) -> tuple[Ints, Floats]:
    return np.arange(len(day.sessions.user)), np.ones(len(day.sessions.user))


def _alerts(day: Day) -> tuple[Ints, Floats]:
    return day.predictions.session, day.predictions.fraud.astype(float)


def _hits(day: Day) -> tuple[Ints, Floats]:
    return day.predictions.session, (day.predictions.fraud * day.predictions.hit).astype(float)


TOTALS: dict[str, tuple[Weights, int, int]] = {
    "orders": (_orders, 0, 7),
    "revenue": (_revenue, 0, 7),
    "tickets": (_tickets, 0, 7),
    "sessions": (_sessions, 0, 7),
    "alerts": (_alerts, 0, 7),
    "hits": (_hits, 0, 7),
    "orders_early": (_orders, 0, 3),
    "orders_late": (_orders, 7, 3),
}
ENTERS: dict[str, tuple[str, str | None]] = {
    "orders_per_user": ("orders", None),
    "revenue_per_user": ("revenue", None),
    "tickets_per_user": ("tickets", None),
    "sessions_per_user": ("sessions", None),
    "orders_per_session": ("orders", "sessions"),
    "alert_precision": ("hits", "alerts"),
    "orders_days_0_to_2": ("orders_early", None),
    "orders_days_7_to_9": ("orders_late", None),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Totals of one study's exposed units: their day of exposure, arm, and totals by name."""

    exposed_on: Ints
    treated: Ints
    totals: dict[str, Floats]


def outcomes(config: WorldConfig) -> dict[str, Outcome]:
    """The world lived through, with the window totals of every planted study."""
    population, states = make_population(config), assignments(config)
    sums = {(s.name, name): np.zeros(config.users) for s in STUDIES for name in TOTALS}
    for number in range(config.days):
        day = live_day(config, population, states, number)
        for state in states:
            for name in TOTALS:
                _add(sums[state.study.name, name], name, day, state)
    return {state.study.name: _outcome(state, sums) for state in states}


def _add(sums: Floats, name: str, day: Day, state: Assignment) -> None:
    weights, start, length = TOTALS[name]
    session, values = weights(day)
    user = day.sessions.user[session]
    age = day.number - state.exposed_on[user]
    inside = (state.exposed_on[user] != NEVER) & (age >= start) & (age < start + length)
    sums += np.bincount(user[inside], values[inside], minlength=len(sums))


def _outcome(state: Assignment, sums: dict[tuple[str, str], Floats]) -> Outcome:
    met = np.flatnonzero(state.exposed_on != NEVER)
    totals = {name: sums[state.study.name, name][met] for name in TOTALS}
    return Outcome(state.exposed_on[met], state.treated[met].astype(np.int64), totals)


def relative_effect(outcome: Outcome, metric: str, phases: tuple[int, ...]) -> tuple[float, float]:
    """Treatment over control minus 1 and its standard error, by phases (days they begin) weighted by their units."""
    phase = np.searchsorted(np.array(phases), outcome.exposed_on, side="right")
    effect = base = variance = 0.0
    for stratum in np.unique(phase):
        here = phase == stratum
        weight = here.mean()
        arms = [_mean(outcome, metric, here & (outcome.treated == arm)) for arm in (0, 1)]
        effect += weight * (arms[1][0] - arms[0][0])
        base += weight * arms[0][0]
        variance += weight**2 * (arms[0][1] + arms[1][1])
    return effect / base, float(np.sqrt(variance)) / base


def _mean(outcome: Outcome, metric: str, chosen: Flags) -> tuple[float, float]:
    top, bottom = ENTERS[metric]
    y = outcome.totals[top][chosen]
    x = np.ones(len(y)) if bottom is None else outcome.totals[bottom][chosen]
    mean = y.sum() / x.sum()
    return float(mean), float((y - mean * x).var(ddof=1) / len(y) / x.mean() ** 2)
