"""What the cells of a look hold of one reading: moments, capped where it has a cap, and distributions of values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.metrics.readings import Reading
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells, MetricCells
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.moments import Moments, of_sums
from impact_pipeline.stats.two_means import as_written


@dataclass(frozen=True, slots=True)
class Kept:
    """Moments of every cohort day, arm and group on the axes of `cells`; `cap` is in the metric's unit."""

    cells: Cells
    key: str
    reading: Reading
    moments: Moments
    cap: float | None = None

    def distribution(self, days: list[int], arm: int, group: int) -> Distribution:
        """The merged distribution of some cohort days, given by their places."""
        return distribution_of(self.cells, self.key, self.reading, days, arm, group)


def kept_of(cells: Cells, key: str, reading: Reading, closed_by: date | None = None, last_day: int = 0) -> Kept:
    """The reading as a look reads it; up to `closed_by`, if given, whose windows `last_day` days long have closed.

    A percentile cap is that of all arms' units together: pooled, it cannot hide a difference between arms.
    """
    whole = cells.dense(key)
    if reading.cap_percentile is None or key not in cells.bucketed:
        return Kept(cells, key, reading, whole)
    buckets = cells.bucketed[key]
    cap = pooled_cap(_closed(cells, buckets, closed_by, last_day), cells.axes.place[ALL_UNITS], reading.cap_percentile)
    if cap is None:
        return Kept(cells, key, reading, whole)
    return Kept(cells, key, reading, capped(whole, buckets, cap), cap / 10**whole.y_scale)


def _closed(cells: Cells, buckets: MetricCells, closed_by: date | None, last_day: int) -> MetricCells:
    if closed_by is None:
        return buckets
    open_from = closed_by - timedelta(days=last_day)
    days = cells.places_of(day for day in cells.axes.cohorts if day <= open_from)
    return buckets.where(np.isin(buckets.cohort, days))


def pooled_cap(buckets: MetricCells, everyone: int, percentile: float) -> int | None:
    """The bucket that the percentile of all units lies in, as a scaled integer; None without units."""
    own = buckets.where(buckets.group == everyone)
    if not len(own):
        return None
    order = np.argsort(own.bucket, kind="stable")
    units = np.cumsum(np.asarray(own.moments.n, dtype=np.int64)[order])
    place = np.searchsorted(units, ceil(as_written(percentile) * int(units[-1])))
    return int(own.bucket[order][place])


def capped(whole: Moments, buckets: MetricCells, cap: int) -> Moments:
    """Exact moments of `min(y, cap)`: units of buckets that reach beyond the cap count with it.

    A bucket is named by its value nearest to 0, which is its largest where it is negative.
    """
    tail = buckets.where(buckets.bucket >= cap if cap >= 0 else buckets.bucket > cap)
    own = tail.moments
    places = tail.cohort, tail.arm, tail.group

    def corrected(sums: NDArray[np.object_], change: Any) -> NDArray[np.object_]:
        found = sums.copy()
        np.add.at(found, places, change)
        return found

    n, y, yy, d, dd, yd, x, xx, xy, xd = whole.sums
    with_x = zip(xy, own.x, own.xy, strict=True)
    return of_sums(
        [
            n, corrected(y, cap * own.n - own.y), corrected(yy, cap**2 * own.n - own.yy), d, dd,
            corrected(yd, cap * own.d - own.yd), x, xx,
            tuple(corrected(sums, cap * of_x - of_xy) for sums, of_x, of_xy in with_x), xd,
        ],
        whole.scales,
    )  # fmt: skip


def distribution_of(cells: Cells, key: str, reading: Reading, days: list[int], arm: int, group: int) -> Distribution:
    """Units and events from the whole cells, their values from the bucketed ones."""
    base = cells.dense(key).each(lambda sums: sum(sums[days, arm, group].tolist()))
    digits = reading.digits or 1
    none = np.zeros(0, dtype=np.int64)
    if key not in cells.bucketed:
        return Distribution(int(base.n), int(base.d), int(base.dd), none, none, none, none, digits, base.y_scale)
    buckets = cells.bucketed[key]
    chosen = buckets.where((buckets.arm == arm) & (buckets.group == group) & np.isin(buckets.cohort, days))
    names, place = np.unique(chosen.bucket, return_inverse=True)

    def summed(parts: Any) -> NDArray[np.object_]:
        total = np.zeros(len(names), dtype=object)
        np.add.at(total, place, parts)
        return total

    counts, squares, products = (summed(part) for part in (chosen.moments.y, chosen.moments.yy, chosen.moments.yd))
    return Distribution(int(base.n), int(base.d), int(base.dd), names, counts, squares, products, digits, base.y_scale)
