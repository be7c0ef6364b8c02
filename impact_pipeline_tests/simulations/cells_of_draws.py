"""Cells of drawn units, reduced as the engine reduces them: each draw is a value of the segment `draw`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pyarrow as pa

from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cells, MetricCells
from impact_pipeline.outcomes.cells_table import BUCKET, cell_rows
from impact_pipeline.stats.buckets import buckets_of
from impact_pipeline_tests.simulations.events import Ints, Units
from impact_pipeline_tests.simulations.shop import DRAW, START
from impact_pipeline_tests.simulations.unit_values import UNIT_VALUES, Values, item_prices, orders

DIGITS = 3
"""Of the metrics with buckets."""


def group(draw: int) -> tuple[str, str]:
    return DRAW, f"{draw:05}"


def cells(arms: Mapping[str, Units], metric: str) -> Cells:
    """Of all draws together and of each."""
    tables = [table for arm, units in arms.items() for table in _tables(arm, units, metric)]
    return Cells.of_table(pa.concat_tables(tables))


def alone(found: Cells, draw: int) -> Cells:
    """The cells of one draw as those of a study by itself."""
    axes = type(found.axes).of(found.axes.cohorts, found.axes.arms, ())
    place = found.axes.place[group(draw)]

    def own(parts: Mapping[str, MetricCells]) -> dict[str, MetricCells]:
        chosen = {name: part.where(part.group == place) for name, part in parts.items()}
        return {
            name: MetricCells(p.cohort, p.arm, np.zeros_like(p.group), p.moments, p.undefined, p.bucket)
            for name, p in chosen.items()
        }

    return Cells(axes, own(found.whole), own(found.bucketed))


def _tables(arm: str, units: Units, metric: str) -> Iterator[pa.Table]:
    n = np.full(units.price.shape[:2], units.price.shape[2])
    yield from _spread(arm, EXPOSED, {"n": n})
    if metric == "event_quantile":
        rows = orders(units)
        yield from _spread(arm, metric, {"n": n, "d": _sum(rows), "dd": _sum(rows * rows)}, {"y_scale": 2})
        yield from _events(arm, metric, units)
        return
    values = UNIT_VALUES[metric](units)
    scales = {"y_scale": values.y_scale, "x_scales": values.x_scales}
    if metric == "quantile":
        yield from _spread(arm, metric, {"n": n, "d": n, "dd": n}, scales)
    else:
        yield from _spread(arm, metric, {"n": n, **_sums(values)}, scales)
    if values.digits is not None:
        yield from _buckets(arm, metric, values)


def _sum(values: Ints) -> Ints:
    return np.asarray(values.astype(np.int64).sum(axis=-1))


def _sums(values: Values) -> dict[str, Any]:
    """Over the units of a draw and night."""
    y, x = values.y, values.x
    found: dict[str, Any] = {"y": _sum(y), "yy": _sum(y * y)}
    if values.d is not None:
        d = values.d
        found |= {"d": _sum(d), "dd": _sum(d * d), "yd": _sum(y * d)}
    if x:
        found |= {"x": [_sum(one) for one in x], "xy": [_sum(one * y) for one in x]}
        found["xx"] = [_sum(one * other) for one, other in combinations_with_replacement(x, 2)]
        found["xd"] = [np.zeros_like(found["y"]) if values.d is None else _sum(one * values.d) for one in x]
    return found


def _spread(arm: str, metric: str, sums: Mapping[str, Any], scales: Mapping[str, Any] | None = None) -> list[pa.Table]:
    """Rows of the draws and of all draws together, from sums by draw and night."""
    draws, nights = np.shape(sums["n"])
    each = {name: _flat(sums[name], lambda s: s.ravel()) for name in sums}
    whole = {name: _flat(sums[name], lambda s: s.sum(axis=0)) for name in sums}
    place = np.repeat(np.arange(draws), nights)
    return [
        _rows(arm, metric, np.tile(np.arange(nights), draws), place, each, scales),
        _rows(arm, metric, np.arange(nights), None, whole, scales),
    ]


def _flat(sums: Any, change: Any) -> Any:
    return [pa.array(change(one)) for one in sums] if isinstance(sums, list) else pa.array(change(sums))


def _rows(
    arm: str, metric: str, night: Ints, draw: Ints | None, sums: Mapping[str, Any], scales: Mapping[str, Any] | None
) -> pa.Table:
    days = pa.array([START + timedelta(days=n) for n in range(int(night.max()) + 1)], pa.date32())
    segment, value = ALL_UNITS
    keys = {"cohort_day": days.take(pa.array(night)), "arm": pa.repeat(arm, len(night))}
    keys |= {"segment": pa.repeat(DRAW if draw is not None else segment, len(night))}
    names = pa.array([group(place)[1] for place in range(0 if draw is None else int(draw.max()) + 1)], pa.string())
    keys |= {"segment_value": pa.repeat(value, len(night)) if draw is None else names.take(pa.array(draw))}
    known = {"x_scale" if name == "x_scales" else name: scale for name, scale in (scales or {}).items()}
    return cell_rows(keys, metric, {**sums, **known})


def _buckets(arm: str, metric: str, values: Values) -> Iterator[pa.Table]:
    """Units by bucket of their outcome; of a cap, with the sums that it corrects."""
    y = values.y.ravel()
    parts = {"n": np.ones_like(y), "y": y, "yy": y * y} if metric != "quantile" else {"n": np.ones_like(y)}
    for place, summed in _grouped(values.y.shape, buckets_of(y, DIGITS), parts):
        if metric == "quantile":
            summed |= dict.fromkeys(("y", "yy", "yd"), summed["n"])
        yield _bucket_rows(arm, metric, place, summed, values.y_scale)


def _events(arm: str, metric: str, units: Units) -> Iterator[pa.Table]:
    """Of each unit and bucket: orders in it, what they add to the square of those up to it, and times all of them."""
    ordered = units.ordered.reshape(-1, units.ordered.shape[-1])
    names = np.where(ordered, buckets_of(item_prices(units).reshape(ordered.shape), DIGITS), np.iinfo(np.int64).max)
    names.sort(axis=1)
    rows = ordered.sum(axis=1)
    real = np.arange(ordered.shape[1]) < rows[:, None]
    last = real & (np.diff(names, axis=1, append=-1) != 0)
    unit, upto = np.nonzero(last)
    upto = upto + 1
    first = np.diff(unit, prepend=-1) != 0
    before = np.where(first, 0, np.concatenate([[0], upto[:-1]]))
    held = upto - before
    parts = {"n": np.ones_like(held), "y": held, "yy": upto**2 - before**2, "yd": held * rows[unit]}
    for place, summed in _grouped(units.price.shape, names[last], parts, unit):
        yield _bucket_rows(arm, metric, place, summed, 2)


def _grouped(
    shape: Sequence[int], bucket: Ints, parts: Mapping[str, Ints], unit: Ints | None = None
) -> Iterator[tuple[tuple[Ints | None, Ints, Ints], dict[str, Ints]]]:
    """Sums by draw, night and bucket, then by night and bucket; `unit` says whose each entry is."""
    draws, nights, units = shape
    owner = (np.arange(draws * nights * units) if unit is None else unit) // units
    names, code = np.unique(bucket, return_inverse=True)
    for cell, apart in ((owner, True), (owner % nights, False)):
        found, place = np.unique(cell * len(names) + code, return_inverse=True)
        summed = {name: np.bincount(place, part).astype(np.int64) for name, part in parts.items() if name != "yy"}
        summed |= {"yy": _exact_sum(place, parts["yy"], len(found))} if "yy" in parts else {}
        where, at = np.divmod(found, len(names))
        yield (where // nights if apart else None, where % nights, names[at]), summed


def _exact_sum(place: Ints, part: Ints, size: int) -> Ints:
    """Squares of cents may pass what floats hold exactly."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, place, part)
    return total


def _bucket_rows(
    arm: str, metric: str, place: tuple[Ints | None, Ints, Ints], summed: Mapping[str, Ints], scale: int
) -> pa.Table:
    draw, night, bucket = place
    sums = {name: pa.array(part) for name, part in summed.items()} | {BUCKET: pa.array(bucket)}
    return _rows(arm, metric, night, draw, sums, {"y_scale": scale})
