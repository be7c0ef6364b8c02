"""The simulations' cells against those that the real engine makes of the same orders, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cells, MetricCells
from impact_pipeline.outcomes.cells_table import read_cells
from impact_pipeline_tests.outcomes.shop_rows import DAYS, LAST, Rows, fill, look
from impact_pipeline_tests.simulations import shop
from impact_pipeline_tests.simulations.cells_of_draws import alone, cells, group
from impact_pipeline_tests.simulations.events import MOMENTS, Units, arms
from impact_pipeline_tests.small_shop import ENGINE

DRAWS, NIGHTS, UNITS = 3, 2, 15
BY_METRIC = pytest.mark.parametrize("metric", shop.METRICS)

Drawn = dict[str, Units]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return arms(np.random.default_rng(1), np.full(DRAWS, 0.2), "awake", nights=NIGHTS, units=UNITS)


@pytest.fixture(scope="module")
def measured(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """What the engine makes of a contact for each unit and a row for each order."""
    home = tmp_path_factory.mktemp("draws")
    catalog, lake = shop.write(home / "catalog", NIGHTS), Lake(home)
    rows: Rows = {name: {day: [] for day in DAYS} for name in ("orders", "exposures", "profiles")}
    for dataset, at, row in _rows(drawn):
        rows[dataset][at.date().isoformat()].append(row)
    fill(lake, catalog, rows)
    look(catalog, lake, LAST)
    return read_cells(lake.cells(shop.PLAN), ENGINE)


def _rows(drawn: Drawn) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    """Dataset, instant and row; contacts are at 8 o'clock, orders at 9 and 15."""
    places = [(arm, *place) for arm, units in drawn.items() for place in np.ndindex(units.price.shape)]
    midnight = datetime(shop.START.year, shop.START.month, shop.START.day, tzinfo=UTC)
    for user, (arm, draw, night, unit) in enumerate(places):
        exposed_at = midnight + timedelta(days=night, hours=8)
        contact = {"user_id": user, "arm": arm, "exposed_at": exposed_at, "device": group(draw)[1]}
        yield "exposures", exposed_at, contact
        for at, order in _orders(drawn[arm], (draw, night, unit), exposed_at):
            yield "orders", at, {"user_id": user, "ordered_at": at, **order}


def _orders(units: Units, place: tuple[int, int, int], exposed_at: datetime) -> Iterator[tuple[datetime, Any]]:
    """Those of the window, those before, and two that count nowhere: just before exposure, and after the window."""
    price, before = (Decimal(int(cents[place])) / 100 for cents in (units.price, units.price_before))
    one = {"items": 1, "channel": "web"}
    for moment in range(MOMENTS):
        since = timedelta(days=moment // 2, hours=1 + 6 * (moment % 2))
        if units.ordered[place][moment]:
            channel = "app" if units.app[place][moment] else "web"
            items = int(units.items[place][moment])
            yield exposed_at + since, {"amount": price, "items": items, "channel": channel}
        if moment < units.ordered_before[place]:
            yield exposed_at - timedelta(days=shop.WINDOW) + since, {"amount": before, **one}
    yield exposed_at - timedelta(hours=1), {"amount": price, **one}
    yield exposed_at + timedelta(days=shop.WINDOW), {"amount": price, **one}


def shown(found: Cells, key: str) -> dict[Any, Any]:
    """Cohort day, arm, group and bucket -> sums, scales and undefined rows, of each cell."""
    whole, bucketed = (parts.get(key) for parts in (found.whole, found.bucketed))
    return {**_by_place(found, whole, False), **_by_place(found, bucketed, True)}


def _by_place(found: Cells, part: MetricCells | None, bucketed: bool) -> dict[Any, Any]:
    if part is None:
        return {}
    axes, one = found.axes, [part.where(np.arange(len(part)) == place) for place in range(len(part))]
    return {
        (axes.cohorts[c.cohort[0]], axes.arms[c.arm[0]], axes.groups[c.group[0]], bucketed, int(c.bucket[0])): (
            c.moments.each(lambda sums: int(sums[0])),
            int(c.undefined[0]),
        )
        for c in one
    }


@BY_METRIC
def test_cells_are_those_of_the_engine(metric: str, drawn: Drawn, measured: Cells) -> None:
    own = cells(drawn, metric)
    for key in (metric, EXPOSED):
        assert shown(own, key) == shown(measured, key)
    assert len(shown(own, metric)) >= (DRAWS + 1) * NIGHTS * 2


@BY_METRIC
def test_a_draw_alone_is_a_study_of_its_units(metric: str, drawn: Drawn) -> None:
    draw = 1
    own = {arm: units.of_draw(draw) for arm, units in drawn.items()}
    expected, found = cells(own, metric), alone(cells(drawn, metric), draw)
    everyone = {key: sums for key, sums in shown(expected, metric).items() if key[2] == ALL_UNITS}
    assert shown(found, metric) == everyone
    study = shop.study(metric, NIGHTS)
    results = [estimate_study(study, one, LAST, final=True, plan_digest="").results[0] for one in (found, expected)]
    assert results[0] == results[1]
