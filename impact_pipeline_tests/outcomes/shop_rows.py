"""A small shop's rows, its looks, and cells counted unit by unit over plain Python rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

from impact_pipeline.catalog.catalog import Catalog
from impact_pipeline.catalog.designs import BIN
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.exposures.expose import expose
from impact_pipeline.features.build import build_day
from impact_pipeline.lake.lake import Lake, days_between
from impact_pipeline.lake.tables import Publication
from impact_pipeline.outcomes.cells_table import KEYS, read_rows
from impact_pipeline.outcomes.fold import fold_day
from impact_pipeline.outcomes.measure import measure
from impact_pipeline_tests.small_shop import ENGINE, at, publish

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)
DAYS = days_between(FIRST, LAST)
Rows = dict[str, dict[str, list[dict[str, Any]]]]
Group = tuple[date, str, str, str]
"""(cohort day, arm, segment, value)."""
Sums = dict[str, Any]
"""n, sums and products of one group, by the names of their columns."""


def random_rows(seed: int, users: int = 60) -> Rows:
    """dataset -> day -> rows, with orders and profile views before and after exposure on the same day."""
    rng = random.Random(seed)
    rows: Rows = {name: {day: [] for day in DAYS} for name in ("orders", "exposures", "profiles")}
    for user in range(users):
        country = rng.choice("AB")
        rows["profiles"]["2026-03-01"].append({"user_id": user, "seen_at": at("03-01 08:00"), "country": country})
        for day in DAYS:
            for _ in range(rng.randrange(3)):
                order = {"amount": Decimal(rng.randrange(1, 90_000)) / 100, "items": rng.randrange(1, 4)}
                placed = {"user_id": user, "ordered_at": _moment(rng, day), "channel": rng.choice(["web", "app"])}
                rows["orders"][day].append({**placed, **order})
            for _ in range(rng.randrange(2)):
                rows["profiles"][day].append({"user_id": user, "seen_at": _moment(rng, day), "country": country})
        arm = rng.choice(["control", "treatment"])
        for day in rng.sample(["2026-03-04", "2026-03-05", "2026-03-06"], rng.randrange(3)):
            seen = at(f"{day[5:]} {rng.randrange(24):02}:15")
            shown = "treatment" if user == 7 and day == "2026-03-06" else arm
            contact = {"user_id": user, "exposed_at": seen, "arm": shown, "device": rng.choice("xy")}
            rows["exposures"][day].append(contact)
    return rows


def _moment(rng: random.Random, day: str) -> datetime:
    return at(f"{day[5:]} {rng.randrange(24):02}:{rng.randrange(60):02}")


def fill(lake: Lake, catalog: Catalog, rows: Rows, engine: DuckDBEngine = ENGINE) -> None:
    """Publish the rows, then every feature and folded day."""
    for dataset, by_day in rows.items():
        for day, day_rows in by_day.items():
            publish(lake, dataset, day, day_rows)
    for day in DAYS:
        on = date.fromisoformat(day)
        for feature in catalog.features.values():
            build_day(catalog, feature, on, lake=lake, engine=engine, generation="1")
        for fact in (fact for fact in catalog.facts.values() if fact.fold == "unit_days"):
            fold_day(catalog, fact, on, lake=lake, engine=engine, generation="1")


def look(
    catalog: Catalog, lake: Lake, as_of: date, generation: str = "1", engine: DuckDBEngine = ENGINE
) -> Publication:
    study = catalog.study("ranker_v2")
    expose(study, as_of, lake=lake, engine=engine, generation=generation)
    return measure(study, as_of, lake=lake, engine=engine, generation=generation)


@dataclass(frozen=True)
class Unit:
    """What a unit did: its orders and profile views after exposure, each with its day since, and orders before."""

    user: int
    cohort: date
    arm: str
    segments: tuple[tuple[str, str], ...]
    orders: list[tuple[int, dict[str, Any]]]
    views: list[tuple[int, dict[str, Any]]]
    before: list[dict[str, Any]]


def units(rows: Rows) -> Iterator[Unit]:
    """Units seen in one arm."""
    contacts = [row for day in rows["exposures"].values() for row in day]
    for user in sorted({row["user_id"] for row in contacts}):
        mine = sorted((r for r in contacts if r["user_id"] == user), key=lambda r: r["exposed_at"])
        if len({r["arm"] for r in mine}) > 1:
            continue
        exposed, cohort = mine[0]["exposed_at"], mine[0]["exposed_at"].date()
        orders, views = (_of_user(rows[dataset], user) for dataset in ("orders", "profiles"))
        since = [((r["ordered_at"].date() - cohort).days, r) for r in orders if r["ordered_at"] >= exposed]
        viewed = [((r["seen_at"].date() - cohort).days, r) for r in views if r["seen_at"] >= exposed]
        before = [r for r in orders if cohort - timedelta(days=3) <= r["ordered_at"].date() < cohort]
        segments = (("", ""), ("device", mine[0]["device"]), ("country", views[0]["country"]))
        yield Unit(user, cohort, mine[0]["arm"], segments, since, viewed, before)


def _of_user(by_day: Mapping[str, list[dict[str, Any]]], user: int) -> list[dict[str, Any]]:
    return [row for rows in by_day.values() for row in rows if row["user_id"] == user]


def cents(row: Mapping[str, Any]) -> int:
    return int(row["amount"] * 100)


def by_hand(
    rows: Rows, last_day: int, value: Callable[[Unit], tuple[int, int]], *covariates: Callable[[Unit], int]
) -> dict[Group, Sums]:
    """Sums over units whose window closed by `LAST`, of y and d as `value` gives them and of covariates."""
    found: dict[Group, Sums] = {}
    for unit in units(rows):
        if unit.cohort + timedelta(days=last_day) <= LAST:
            one = _sums(*value(unit), [covariate(unit) for covariate in covariates])
            for segment, name in unit.segments:
                group = (unit.cohort, unit.arm, segment, name)
                found[group] = added(found[group], one) if group in found else one
    return found


def _sums(y: int, d: int, x: list[int]) -> Sums:
    pairs = [a * b for a, b in combinations_with_replacement(x, 2)]
    own = {"n": 1, "y": y, "yy": y * y, "d": d, "dd": d * d, "yd": y * d}
    return {**own, "x": x, "xx": pairs, "xy": [y * a for a in x], "xd": [d * a for a in x]}


def added(first: Sums, second: Sums) -> Sums:
    def plus(a: Any, b: Any) -> Any:
        return [p + q for p, q in zip(a, b, strict=True)] if isinstance(a, list) else a + b

    return {name: plus(first[name], second[name]) for name in first}


def from_lake(lake: Lake, key: str) -> dict[Group, Sums]:
    """The sums that stand published for one reading, by group."""
    return {group: sums for group, bucket, sums in published(lake, key) if bucket is None}


def buckets_from_lake(lake: Lake, key: str) -> dict[tuple[Group, int], Sums]:
    return {(group, bucket): sums for group, bucket, sums in published(lake, key) if bucket is not None}


def published(lake: Lake, key: str) -> Iterator[tuple[Group, int | None, Sums]]:
    for row in read_rows(lake.cells("ranker_v2"), ENGINE).to_pylist():
        if row["metric"] == key and row["segment"] != BIN:
            sums = {name: _integers(row[name]) for name in ("n", "y", "yy", "d", "dd", "yd", "x", "xx", "xy", "xd")}
            cohort, arm, segment, value = (row[name] for name in KEYS[:4])
            yield (cohort, arm, segment, value), row["bucket"], sums


def _integers(number: Any) -> Any:
    return [int(one) for one in number] if isinstance(number, list) else int(number)
