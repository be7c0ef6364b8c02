"""From a metric's numbers to the parts that estimators take: exact moments, or distributions, by stratum and arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.exact_sums import CellSums, cell_sums
from impact_pipeline.analysis.labels import Codes, Labels, everyone
from impact_pipeline.analysis.metric_questions import Aggregated, CountedMetric, MetricQuestion, QuantileMetric
from impact_pipeline.analysis.scaling import scaled
from impact_pipeline.analysis.units import ALL, Numbers
from impact_pipeline.estimators.question import Arm
from impact_pipeline.estimators.strata import Part
from impact_pipeline.outcomes.cells import ALL_UNITS, Group
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.moments import Moments, as_exact, of_sums

BUCKET_SCALE = 9
"""Decimal places of values that go into buckets, whose names are 64-bit integers."""
SUMMED_SCALE = 7
"""Decimal places of sums over rows; their squares have twice as many."""

Exact = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Measured:
    """Parts by stratum, with the groups that their arrays run over: all units, then each segment value."""

    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    arms: tuple[str, ...]


def measured(numbers: Numbers, metric: MetricQuestion, shares: dict[str, float]) -> Measured:
    """What was measured of each arm of `shares` in each stratum and group."""
    arms, stratum = numbers.labels.arm, numbers.labels.stratum
    columns = [(everyone(len(numbers), ALL), [ALL_UNITS])]
    columns += [(labels, [(name, value) for value in labels.names]) for name, labels in numbers.labels.segments.items()]
    found = list(
        _distributions(numbers, metric, columns)
        if isinstance(metric, QuantileMetric)
        else _moments(numbers, metric, columns)
    )
    parts = tuple(
        Part(name, shares, dict(zip(arms.names, found[k * len(arms.names) : (k + 1) * len(arms.names)], strict=True)))
        for k, name in enumerate(stratum.names)
    )
    return Measured(parts, tuple(group for _, groups in columns for group in groups), arms.names)


Columns = Sequence[tuple[Labels, Sequence[Group]]]


def _moments(numbers: Numbers, metric: MetricQuestion, columns: Columns) -> Iterator[Arm]:
    """Stratum by stratum, arm by arm."""
    summed = _aggregated if isinstance(metric, Aggregated) else _units
    cells = _cells(numbers)
    count = len(numbers.labels.stratum.names) * len(numbers.labels.arm.names)
    sizes = [len(own.names) for own, _ in columns]
    each = [summed(numbers, metric, cells * len(own.names) + own.codes, count * len(own.names)) for own, _ in columns]
    for cell in range(count):
        yield Arm(_side_by_side([_of_cell(part, cell, size) for part, size in zip(each, sizes, strict=True)]))


def _of_cell(part: Moments, cell: int, size: int) -> Moments:
    return part.each(lambda sums: sums[cell * size : (cell + 1) * size])


def _side_by_side(parts: Sequence[Moments]) -> Moments:
    """Arrays of moments, one after the other."""
    first, *more = parts
    if not more:
        return first

    def joined(*sums: Any) -> Any:
        return tuple(map(joined, *sums)) if isinstance(sums[0], tuple) else np.concatenate(sums)

    return of_sums([joined(*sums) for sums in zip(*(part.sums for part in parts), strict=True)], first.scales)


def _cells(numbers: Numbers) -> Codes:
    return numbers.labels.stratum.codes * len(numbers.labels.arm.names) + numbers.labels.arm.codes


def _units(numbers: Numbers, metric: MetricQuestion, cells: Codes, count: int) -> Moments:
    """Moments of each cell; each row is a unit."""
    has_d = numbers.d is not None
    own = [numbers.y] if numbers.d is None else [numbers.y, numbers.d]
    columns = [scaled(values) for values in (*own, *numbers.x)]
    found = cell_sums([whole for whole, _ in columns], cells, count)
    scales = [scale for _, scale in columns]
    none = np.zeros(count, dtype=object)
    first = len(own)
    places = range(first, len(columns))
    d, dd, yd = (found.sums[1], found.products[1, 1], found.products[0, 1]) if has_d else (none, none, none)
    return Moments(
        found.counts, found.sums[0], found.products[0, 0], d, dd, yd,
        tuple(found.sums[i] for i in places),
        tuple(found.products[i, j] for i in places for j in places if i <= j),
        tuple(found.products[0, i] for i in places),
        tuple(found.products[1, i] if has_d else none for i in places),
        scales[0], scales[1] if has_d else 0, tuple(scales[first:]),
    )  # fmt: skip


def _aggregated(numbers: Numbers, metric: MetricQuestion, cells: Codes, count: int) -> Moments:
    """Moments of each cell; each row holds sums over many units."""
    assert numbers.d is not None
    none = np.zeros(count, dtype=object)
    if isinstance(metric, CountedMetric):
        counted: CellSums = cell_sums([numbers.d, numbers.y], cells, count)
        n, y = counted.sums
        return Moments(n, y, y, none, none, none)
    assert numbers.yy is not None
    whole, scale = scaled(numbers.y, SUMMED_SCALE)
    squares = [round(value * 10 ** (2 * scale)) for value in numbers.yy.tolist()]
    n, y = cell_sums([numbers.d, whole], cells, count).sums
    yy = none.copy()
    np.add.at(yy, cells, as_exact(squares))
    return Moments(n, y, yy, none, none, none, y_scale=scale)


def _distributions(numbers: Numbers, metric: QuantileMetric, columns: Columns) -> Iterator[Arm]:
    """Stratum by stratum, arm by arm; units are the clusters of their rows."""
    whole, scale = scaled(numbers.y, BUCKET_SCALE)
    values = whole.astype(np.int64)
    owner = numbers.labels.owner if numbers.labels.owner is not None else np.arange(len(values))
    cells = _cells(numbers)
    for cell in range(len(numbers.labels.stratum.names) * len(numbers.labels.arm.names)):
        own = cells == cell
        each = tuple(
            Distribution.from_events(owner[rows], values[rows], metric.digits, scale)
            for labels, _ in columns
            for rows in (own & (labels.codes == place) for place in range(len(labels.names)))
        )
        yield Arm(Moments(n=as_exact([one.n for one in each])), each)
