"""Partitions: days per source for data, studies for everything after. Never study x day: a look is a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import dagster as dg

from impact_pipeline.catalog.catalog import Catalog, Source

AS_OF_TAG = "impact/as_of"
CLOCK_TAG = "impact/simulated_clock"
"""The instant by which looks of a made-up world enter the ledger."""

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def days_of(source: Source) -> dg.DailyPartitionsDefinition:
    """The days a source delivers, in UTC."""
    end = None if source.last_day is None else (source.last_day + timedelta(days=1)).isoformat()
    return dg.DailyPartitionsDefinition(start_date=source.first_day.isoformat(), end_date=end, timezone="UTC")


def study_keys(catalog: Catalog) -> tuple[str, ...]:
    """Study partitions in order of start, so that studies due on one night stand beside each other."""
    starts = {name: plan.starts for name, plan in catalog.plans.items()}
    return tuple(sorted(catalog.studies, key=lambda name: (starts.get(name, date.max), name)))


def studies_of(catalog: Catalog) -> dg.StaticPartitionsDefinition:
    """One partition per study of the catalog: a function of the commit, without instance state."""
    return dg.StaticPartitionsDefinition(list(study_keys(catalog)))


def contiguous(keys: tuple[str, ...], wanted: Iterable[str]) -> list[tuple[str, str]]:
    """The wanted keys as (first, last) ranges over `keys`; a range run covers every key between its ends."""
    chosen = set(wanted)
    places = [index for index, key in enumerate(keys) if key in chosen]
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(places)) if b != a + 1), len(places)]
    return [(keys[places[a]], keys[places[b - 1]]) for a, b in pairwise(breaks) if places]


def range_tags(first: str, last: str) -> dict[str, str]:
    """Tags of a run over a range of partitions."""
    return {RANGE_START_TAG: first, RANGE_END_TAG: last}
