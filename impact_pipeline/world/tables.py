"""A day of the shop as the rows its systems store: ids, instants, cents as decimal text, and some dirt."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.world.activity import SECOND, Day
from impact_pipeline.world.config import WorldConfig
from impact_pipeline.world.population import COUNTRIES, DEVICES, Floats, Ints, Population

TOPICS = np.array(["delivery", "payment", "product"])
LATE_SHARE = 0.005
HOUR = 3_600 * SECOND
ALWAYS_ON = "banner_rotation"
ALWAYS_ON_SHARE = 0.03


class DayTables:
    """The rows of one day by dataset, from one generator of its own."""

    def __init__(self, config: WorldConfig, population: Population, day: Day) -> None:
        self._rng = np.random.default_rng([config.seed, 3, day.number])
        midnight = datetime.combine(config.date_of(day.number), time(), tzinfo=UTC)
        self._midnight = int(midnight.timestamp()) * SECOND
        self._population, self._day = population, day

    def all(self) -> dict[str, pa.Table]:
        """Every dataset's rows of the day, clean and dirty."""
        return {
            "sessions": self._sessions(),
            "orders": self._orders(),
            "tickets": self._tickets(),
            "predictions": self._predictions(),
            "exposures": self._exposures(),
        }

    def _sessions(self) -> pa.Table:
        rows = self._day.sessions
        users = _dirty(self._population.ids.take(rows.user), self._day.number % 11 == 5, 0.004, None, self._rng)
        return self._table(
            rows.started, "started_at",
            session_id=self._ids("s", len(rows.user)), user_id=users,
            country=COUNTRIES[self._population.country[rows.user]], device=DEVICES[rows.device],
            page_views=rows.pages, duration_ms=rows.duration_ms,
        )  # fmt: skip

    def _orders(self) -> pa.Table:
        rows, number = self._day.orders, self._day.number
        amounts = _dirty(_decimal_text(rows.cents), number % 9 == 4, 0.008, "-1.00", self._rng)
        amounts = _dirty(amounts, number % 9 == 6, 0.006, None, self._rng)
        status = pa.array(np.array(["paid", "refunded"])[rows.refunded])
        status = _dirty(status, number % 9 == 7, 0.008, "paied", self._rng)
        return self._table(
            rows.placed, "placed_at",
            order_id=self._ids("o", len(rows.session)), user_id=self._users(rows.session),
            status=status, amount=amounts,
        )  # fmt: skip

    def _tickets(self) -> pa.Table:
        rows = self._day.tickets
        return self._table(
            rows.opened, "opened_at", ticket_id=self._ids("t", len(rows.session)), user_id=self._users(rows.session),
            topic=TOPICS[rows.topic],
        )  # fmt: skip

    def _predictions(self) -> pa.Table:
        rows = self._day.predictions
        return self._table(
            rows.predicted, "predicted_at",
            prediction_id=self._ids("p", len(rows.session)), user_id=self._users(rows.session),
            model=np.array(["ranker", "fraud_score"])[rows.fraud], score=rows.score, hit=rows.hit.astype(np.bool_),
        )  # fmt: skip

    def _exposures(self) -> pa.Table:
        sessions = self._day.sessions
        chosen = np.flatnonzero(self._rng.random(len(sessions.user)) < ALWAYS_ON_SHARE)
        logged = [(c.study, c.session, c.arm) for c in self._day.contacts]
        logged.append((ALWAYS_ON, chosen, self._rng.integers(0, 2, len(chosen))))
        session = np.concatenate([indexes for _, indexes, _ in logged])
        arm = np.concatenate([arms for _, _, arms in logged])
        studies = np.repeat([name for name, _, _ in logged], [len(indexes) for _, indexes, _ in logged])
        assigned = sessions.started[session] - self._rng.integers(1_000, 900_000, len(session))
        return self._table(
            sessions.started[session], "exposed_at",
            study=studies, user_id=self._users(session), arm=np.array(["control", "treatment"])[arm],
            device=DEVICES[sessions.device[session]], assigned_at=self._instants(assigned),
        )  # fmt: skip

    def _table(self, event: Ints, event_at: str, **columns: Any) -> pa.Table:
        """The columns with the event's instant and the instant the shop's systems received it, in order of arrival."""
        loaded = event + _delays(len(event), self._rng)
        instants = {event_at: self._instants(event), "loaded_at": self._instants(loaded)}
        return pa.table({**columns, **instants}).sort_by("loaded_at")

    def _instants(self, microseconds: Ints) -> pa.Array:
        return pa.array(microseconds + self._midnight).cast(pa.timestamp("us", tz="UTC"))

    def _users(self, session: Ints) -> pa.Array:
        return self._population.ids.take(self._day.sessions.user[session])

    def _ids(self, letter: str, size: int) -> pa.Array:
        index = pc.utf8_lpad(pa.array(np.arange(size)).cast(pa.string()), 7, "0")
        return pc.binary_join_element_wise(f"{letter}{self._day.number:04d}", index, "-")


def _delays(size: int, rng: np.random.Generator) -> Ints:
    """Minutes for most events, one to two days for the late ones."""
    usual: Floats = np.minimum(rng.exponential(HOUR / 3, size), 6 * HOUR)
    late: Floats = rng.uniform(24 * HOUR, 48 * HOUR, size)
    return np.where(rng.random(size) < LATE_SHARE, late, usual).astype(np.int64)


def _decimal_text(cents: Ints) -> pa.Array:
    units = pa.array(cents // 100).cast(pa.string())
    return pc.binary_join_element_wise(units, pc.utf8_lpad(pa.array(cents % 100).cast(pa.string()), 2, "0"), ".")


def _dirty(values: pa.Array, on: bool, share: float, bad: str | None, rng: np.random.Generator) -> pa.Array:
    """On dirty days, a share of the values replaced by a bad one."""
    if not on:
        return values
    return pc.if_else(pa.array(rng.random(len(values)) < share), pa.scalar(bad, pa.string()), values)


def profiles(config: WorldConfig, population: Population, day: int) -> pa.Table:
    """The day's rows of `users`: on day 0 everybody who is there, later who signs up or changes device."""
    rng = np.random.default_rng([config.seed, 4, day])
    signed = population.signed_up_on
    touched = (signed == day) | ((rng.random(population.size) < 0.003) & (signed < day)) | ((day == 0) & (signed < 0))
    user = np.flatnonzero(touched)
    moved = (signed[user] != day) & (day > 0)
    midnight = int(datetime.combine(config.first_day, time(), tzinfo=UTC).timestamp()) * SECOND
    updated = midnight + (day * 24 * HOUR) + rng.integers(0, 23 * HOUR, len(user))
    signed_up = np.where(signed[user] == day, updated, midnight + signed[user] * 24 * HOUR + 12 * HOUR)
    other = rng.integers(0, len(DEVICES), len(user))
    device = DEVICES[np.where(moved, other, population.device[user])]
    columns = {"signed_up_at": signed_up, "updated_at": updated, "loaded_at": updated + _delays(len(user), rng)}
    instants = {name: pa.array(value).cast(pa.timestamp("us", tz="UTC")) for name, value in columns.items()}
    country = COUNTRIES[population.country[user]]
    table = pa.table({"user_id": population.ids.take(user), "country": country, "device": device, **instants})
    return table.sort_by("loaded_at")


def as_iso_text(table: pa.Table) -> pa.Table:
    """Instants as ISO 8601 text in UTC with their offset, as databases without a time type keep them."""
    for index, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            text = pc.strftime(table.column(index), format="%Y-%m-%dT%H:%M:%S+00:00")
            table = table.set_column(index, column.name, text)
    return table
