"""One day of the shop: sessions, and the orders, tickets and fraud alerts that come of them.

Every event of a session comes after its start, within the same UTC day; a unit is exposed at a session's start. Counts
and chances are drawn from the seed and the day alone, so that a longer world begins like a shorter one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.world.assignment import Assignment, Contacts, multiplier
from impact_pipeline.world.calendar import buying, traffic
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import DEVICE_SHARES, DEVICES, Floats, Ints, Population

SECOND = 1_000_000
LAST_START_SECOND = 83_700
ORDER_SPREAD = 0.6
LARGEST_ORDER = 600.0
REFUNDED_SHARE = 0.03
OWN_DEVICE_SHARE = 0.9
ALERT_SHARE = 0.3
SCORE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions in order of user and time; times are microseconds of the day."""

    user: Ints
    started: Ints
    device: Ints
    pages: Ints
    duration_ms: Ints


@dataclass(frozen=True, slots=True)
class Orders:
    session: Ints
    placed: Ints
    cents: Ints
    refunded: Ints


@dataclass(frozen=True, slots=True)
class Tickets:
    session: Ints
    opened: Ints
    topic: Ints


@dataclass(frozen=True, slots=True)
class Predictions:
    """`fraud` is 1 for alerts of the fraud score, 0 for the ranker's scores; `hit` says whether the model was right."""

    session: Ints
    predicted: Ints
    fraud: Ints
    score: Floats
    hit: Ints


@dataclass(frozen=True, slots=True)
class Day:
    number: int
    sessions: Sessions
    orders: Orders
    tickets: Tickets
    predictions: Predictions
    contacts: tuple[Contacts, ...]


def live_day(config: WorldConfig, population: Population, states: tuple[Assignment, ...], day: int) -> Day:
    """Let one day pass: `states` are moved on by the exposures of the day."""
    rng = np.random.default_rng([config.seed, 1, day])
    sessions = _sessions(config, population, day, rng)
    exposing = 0 <= day - config.warm_up_days < config.exposure_days
    met = [
        s.meet(day, sessions.user, sessions.device, np.random.default_rng([config.seed, 2, day]))
        for s in states
        if exposing
    ]
    orders = _orders(population, sessions, multiplier("orders", day, sessions.user, states) * buying(config, day),
                     multiplier("amount", day, sessions.user, states), rng)  # fmt: skip
    tickets = _tickets(population, sessions, multiplier("tickets", day, sessions.user, states), rng)
    predictions = _predictions(population, sessions, multiplier("hits", day, sessions.user, states), rng)
    return Day(day, sessions, orders, tickets, predictions, tuple(met))


def _sessions(config: WorldConfig, population: Population, day: int, rng: np.random.Generator) -> Sessions:
    rate = np.where(population.signed_up_on < day, population.activity * traffic(config, day), 0.0)
    user = np.repeat(np.arange(population.size), rng.poisson(rate))
    size = len(user)
    started = (rng.beta(3.0, 2.0, size) * LAST_START_SECOND * SECOND).astype(np.int64)
    order = np.lexsort((started, user))
    other = rng.choice(len(DEVICES), size, p=DEVICE_SHARES)
    device = np.where(rng.random(size) < OWN_DEVICE_SHARE, population.device[user], other)
    pages = 1 + rng.geometric(0.25, size)
    duration = (pages * rng.gamma(2.0, 9_000.0, size)).astype(np.int64)
    return Sessions(user, started[order], device, pages, duration)


def _orders(population: Population, sessions: Sessions, rate: Floats, size: Floats, rng: np.random.Generator) -> Orders:
    bought = np.flatnonzero(rng.random(len(rate)) < population.conversion[sessions.user] * rate)
    spread = rng.normal(0.0, ORDER_SPREAD, len(bought))
    plain = np.minimum(np.exp(population.log_spend[sessions.user[bought]] + spread), LARGEST_ORDER)
    cents = np.rint(plain * size[bought] * 100).astype(np.int64)
    refunded = (rng.random(len(bought)) < REFUNDED_SHARE).astype(np.int64)
    return Orders(bought, _after(sessions.started[bought], 180, 2_100, rng), cents, refunded)


def _tickets(population: Population, sessions: Sessions, rate: Floats, rng: np.random.Generator) -> Tickets:
    opened = np.flatnonzero(rng.random(len(rate)) < population.complaints[sessions.user] * rate)
    topic = rng.integers(0, 3, len(opened))
    return Tickets(opened, _after(sessions.started[opened], 60, 2_400, rng), topic)


def _predictions(population: Population, sessions: Sessions, rate: Floats, rng: np.random.Generator) -> Predictions:
    kind = rng.random(len(rate))
    made = np.flatnonzero(kind < ALERT_SHARE + SCORE_SHARE)
    fraud = kind[made] < ALERT_SHARE
    chance = population.precision[sessions.user[made]] * np.where(fraud, rate[made], 1.0)
    hit = (rng.random(len(made)) < chance).astype(np.int64)
    score = np.round(rng.beta(2.0 + 2 * hit, 4.0 - 2 * hit), 4)
    return Predictions(made, _after(sessions.started[made], 5, 60, rng), fraud.astype(np.int64), score, hit)


def _after(started: Ints, least: int, most: int, rng: np.random.Generator) -> Ints:
    """Instants `least` to `most` seconds after the sessions' start."""
    delay: Ints = (rng.uniform(least, most, len(started)) * SECOND).astype(np.int64)
    return started + delay
