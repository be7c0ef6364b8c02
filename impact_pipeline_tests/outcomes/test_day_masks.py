from __future__ import annotations

import random
from datetime import date, timedelta

import pyarrow as pa
import pytest
from sqlglot import exp

from impact_pipeline.catalog.metrics.base import Window
from impact_pipeline.engines.scaled import column, named
from impact_pipeline.outcomes.day_masks import DAYS_IN_MASK, days_in_masks, masks_of
from impact_pipeline_tests.small_shop import ENGINE

START = date(2026, 1, 1)


@pytest.mark.parametrize(
    "window",
    [Window(days=1), Window(days=DAYS_IN_MASK), Window(start_day=3, days=DAYS_IN_MASK + 1), Window(days=365)],
    ids=str,
)
def test_bits_count_distinct_days(window: Window) -> None:
    rng = random.Random(1)
    days = {unit: rng.choices(range(window.start_day, window.last_day + 1), k=40) for unit in range(20)}
    days[20] = [window.start_day, window.last_day]
    rows = [{"unit": unit, "day": START + timedelta(days=day)} for unit, own in days.items() for day in own]
    units = [{"unit": unit, "cohort_day": START} for unit in range(22)]
    found = ENGINE.table(_query(window), {"rows": pa.Table.from_pylist(rows), "units": pa.Table.from_pylist(units)})
    counted = {row["unit"]: row["days"] for row in found.to_pylist()}
    assert counted == {unit: len(set(own)) for unit, own in days.items()} | {21: 0}


def _query(window: Window) -> exp.Select:
    joined = exp.select(column("unit", "u"), *(named(mask, name) for name, mask in masks_of("t", window)))
    joined = joined.from_("units AS u").join("rows AS r", on="r.unit = u.unit", join_type="left")
    counted = exp.select(column("unit"), named(days_in_masks("t", window), "days"))
    return counted.from_(joined.subquery("events")).group_by(column("unit"))
