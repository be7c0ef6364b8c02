"""Make the workload: seeded events and exposures, once as Parquet on doubles and once as a lake of exact numbers."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.our_lake import fill_lake
from benchmarks.workload import (
    COHORT_DAYS,
    CONTROL,
    COVARIATES,
    DAYS,
    EVENTS_PER_UNIT,
    FIRST_DAY,
    SCALES,
    SEGMENT_VALUES,
    SEGMENTS,
    THREE_ARMS,
    TREATMENT,
    Home,
)  # fmt: skip

DAY_US = 86_400_000_000
KEY_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so multiplying by it modulo 2**64 gives every unit a different 64-bit key."""

Columns = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Population:
    """One row per unit, in the order of the unit's number. `exposed_us` counts from the first day's midnight."""

    key: np.ndarray
    treated: np.ndarray
    of_three: np.ndarray
    exposed_us: np.ndarray
    segments: np.ndarray
    covariates: Columns


def population(units: int, rng: np.random.Generator) -> Population:
    keys = (np.arange(1, units + 1, dtype=np.uint64) * KEY_FACTOR).view(np.int64)
    orders_before = rng.poisson(3.0, units)
    spent = np.rint(orders_before * rng.lognormal(3.4, 0.8, units) * 100).astype(np.int64)
    treated, exposed_us = rng.random(units) < 0.5, rng.integers(0, COHORT_DAYS * DAY_US, units)
    segments = rng.integers(0, SEGMENT_VALUES, (len(SEGMENTS), units), dtype=np.int32)
    of_three = rng.integers(0, len(THREE_ARMS), units, dtype=np.int32)
    covariates = {"revenue_before": spent, "orders_before": orders_before.astype(np.int64)}
    return Population(keys, treated, of_three, exposed_us, segments, covariates)


def events_of_day(people: Population, number: int, events: int, rng: np.random.Generator) -> tuple[np.ndarray, Columns]:
    """The units and columns of one day's events in order of time; values are integers at their scale."""
    unit = (people.key.size * rng.random(events) ** 1.5).astype(np.int64)
    lift = np.where(people.treated[unit], 1.03, 1.0)
    orders = rng.random(events) < 0.3 * lift
    habit = 0.5 + people.covariates["orders_before"][unit] / 6
    revenue = np.rint(orders * habit * rng.lognormal(3.4, 0.9, events) * 100).astype(np.int64)
    clicks = rng.poisson(1.5, events)
    columns = {
        "event_us": np.sort(rng.integers(0, DAY_US, events)) + number * DAY_US,
        "revenue": revenue,
        "discount": np.where(rng.random(events) < 0.2, revenue // 10, 0),
        "cost": revenue * 6 // 10,
        "refund": np.where(rng.random(events) < 0.05, revenue, 0),
        "orders": orders.astype(np.int64),
        "items": orders * (1 + rng.poisson(1.0, events)),
        "clicks": clicks,
        "views": clicks + 1 + rng.poisson(3.0, events),
        "latency_ms": rng.lognormal(5.0, 0.5, events).astype(np.int64),
    }
    return unit, columns


def _instants(offsets_us: np.ndarray) -> pa.Array:
    start = int(datetime.combine(FIRST_DAY, datetime.min.time(), UTC).timestamp()) * 1_000_000
    return pa.array(offsets_us + start).cast(pa.timestamp("us", "UTC"))


def _days(number: np.ndarray) -> pa.Array:
    epoch = (FIRST_DAY - date(1970, 1, 1)).days
    return pa.array((number + epoch).astype(np.int32)).cast(pa.date32())


def _exact(values: np.ndarray, scale: int) -> pa.Array:
    """A scaled integer as the DECIMAL a contract declares; counts stay integers."""
    if scale == 0:
        return pa.array(values.astype(np.int64))
    wide = pa.array(values.astype(np.int64)).cast(pa.decimal128(19, 0))
    return pc.multiply(wide, pa.scalar(10**-scale).cast(pa.decimal128(3, scale))).cast(pa.decimal128(12, scale))


def _segments(people: Population, chosen: np.ndarray) -> dict[str, pa.Array]:
    names = pa.array([f"value {number:02}" for number in range(SEGMENT_VALUES)])
    codes = {name: people.segments[index][chosen] for index, name in enumerate(SEGMENTS)}
    return {
        name: pa.DictionaryArray.from_arrays(pa.array(code), names).cast(pa.string()) for name, code in codes.items()
    }


def exposures(people: Population, cohort: int | None = None) -> pa.Table:
    """unit, arm, exposed_at, day, segments and covariates (scaled integers) of one cohort or of all units."""
    number = people.exposed_us // DAY_US
    chosen = np.arange(people.key.size) if cohort is None else np.flatnonzero(number == cohort)
    return pa.table(
        {
            "unit": people.key[chosen],
            "arm": pc.if_else(pa.array(people.treated[chosen]), TREATMENT, CONTROL),
            "arm_of_three": pa.array(THREE_ARMS).take(pa.array(people.of_three[chosen])),
            "exposed_at": _instants(people.exposed_us[chosen]),
            "day": _days(number[chosen]),
            **_segments(people, chosen),
            **{name: values[chosen] for name, values in people.covariates.items()},
        }
    )


def events(people: Population, seed: int, number: int, *, doubles: bool) -> pa.Table:
    """One day's events, on doubles or exact."""
    per_day = people.key.size * EVENTS_PER_UNIT // DAYS
    unit, columns = events_of_day(people, number, per_day, np.random.default_rng([seed, number]))
    day = _days(np.full(per_day, number))
    shown = {n: pa.array(columns[n] / 10**s) if doubles else _exact(columns[n], s) for n, s in SCALES.items()}
    return pa.table({"unit": people.key[unit], "event_at": _instants(columns["event_us"]), "day": day, **shown})


def write_doubles(home: Home, people: Population, seed: int) -> None:
    for number in range(DAYS):
        folder = home.path / "doubles" / "events" / f"{FIRST_DAY + timedelta(days=number)}"
        folder.mkdir(parents=True)
        pq.write_table(events(people, seed, number, doubles=True), folder / "part-0.parquet")
    table = exposures(people).rename_columns({"day": "cohort_day"})
    for name, scale in COVARIATES.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pc.divide(table[name].cast(pa.float64()), float(10**scale)))
    pq.write_table(table, home.exposures)


def generate(home: Home, units: int, seed: int) -> None:
    """Write the workload anew; `finished.json` stands only beside a whole one."""
    shutil.rmtree(home.path, ignore_errors=True)
    home.path.mkdir(parents=True)
    people = population(units, np.random.default_rng(seed))
    write_doubles(home, people, seed)
    fill_lake(home.path, _exact_days(people, seed), {day: exposures(people, n) for n, day in _cohorts()})
    home.finished.write_text(json.dumps({"units": units, "seed": seed}))


def _exact_days(people: Population, seed: int) -> Iterator[tuple[str, pa.Table]]:
    for number in range(DAYS):
        yield (FIRST_DAY + timedelta(days=number)).isoformat(), events(people, seed, number, doubles=False)


def _cohorts() -> list[tuple[int, str]]:
    return [(number, (FIRST_DAY + timedelta(days=number)).isoformat()) for number in range(COHORT_DAYS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--seed", type=int, default=20260101)
    given = parser.parse_args()
    generate(Home(given.home.resolve()), given.units, given.seed)


if __name__ == "__main__":
    main()
