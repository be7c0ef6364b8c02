"""The units of an analysis: their labels, and each metric's numbers, one entry a unit (or an aggregated row)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.labels import Codes, Labels, Rows, crossed, everyone
from impact_pipeline.analysis.metric_questions import MetricQuestion, ProportionMetric, QuantileMetric, RatioMetric
from impact_pipeline.analysis.scaling import WHOLE, scaled
from impact_pipeline.analysis.specification import RandomizedDesign, Specification
from impact_pipeline.analysis.table import Table
from impact_pipeline.errors import InputError

Floats = NDArray[np.float64]

ALL = "all units"
MOST_ARMS, MOST_STRATA, MOST_SEGMENTS = 50, 2000, 500


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Labels of rows: arm, stratum, value of each segment; numbers of the cluster and the unit where there are any."""

    arm: Labels
    stratum: Labels
    segments: Mapping[str, Labels]
    cluster: Codes | None = None
    owner: Codes | None = None

    def kept(self, rows: Rows) -> Labelled:
        """The labels of some rows."""
        cluster, owner = (None if codes is None else codes[rows] for codes in (self.cluster, self.owner))
        segments = {name: labels.kept(rows) for name, labels in self.segments.items()}
        return Labelled(self.arm.kept(rows), self.stratum.kept(rows), segments, cluster, owner)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """One metric's numbers: `y`, and as far as it has them `d` (denominator, or units of an aggregated row), `yy`, `x`.

    `x_names` are the covariates as written. `rows` marks the file's rows that have all numbers. Labels have an `owner`
    only where rows are events of units, for a quantile over all rows.
    """

    labels: Labelled
    y: Floats
    d: Floats | None
    yy: Floats | None
    x: tuple[Floats, ...]
    x_names: tuple[str, ...]
    rows: NDArray[np.bool_]

    @property
    def dropped(self) -> int:
        return int(np.sum(~self.rows))

    def __len__(self) -> int:
        return len(self.y)


def labelled(table: Table, asked: Specification) -> Labelled:
    """Labels of the file's rows; a unit has one arm, stratum, cluster and value of each segment."""
    design, all_rows = asked.design, everyone(len(table), ALL)
    owner = None if asked.unit is None else table.places(asked.unit, "unit")
    if not isinstance(design, RandomizedDesign):
        return Labelled(all_rows, all_rows, {}, None, owner)
    arm = table.labels(design.arm, "design.arm", MOST_ARMS)
    columns = [table.labels(name, "design.strata", MOST_STRATA) for name in design.strata]
    stratum = crossed(columns) if columns else all_rows
    if len(stratum.names) > MOST_STRATA:
        raise InputError(f"design.strata: {len(stratum.names)} strata; up to {MOST_STRATA} are allowed: name fewer")
    cluster = table.places(design.cluster, "design.cluster") if design.cluster else None
    segments = {name: table.labels(name, "segments", MOST_SEGMENTS) for name in asked.segments}
    found = Labelled(arm, stratum, segments, cluster, owner)
    if cluster is not None:
        _refuse_mixed(cluster, arm)
    if owner is not None:
        told = {"design.arm": arm.codes, "design.strata": stratum.codes}
        told |= {} if cluster is None else {"design.cluster": cluster}
        _refuse_changed(owner, told | {f"segments: '{name}'": labels.codes for name, labels in segments.items()})
    return found


def numbers_of(metric: MetricQuestion, columns: Mapping[str, Floats], labels: Labelled, field: str) -> Numbers:
    """The metric's numbers from those of its expressions; raises `InputError` where some are missing and may not be.

    Events are added up by unit, except for a quantile; those of a ratio by cluster, where whole clusters have an arm.
    """
    present = np.logical_and.reduce([np.isfinite(values) for values in columns.values()])
    missing = int(np.sum(~present))
    if missing and metric.missing == "refuse":
        told = f"'{metric.name}' has no finite number in {missing} of {len(present)} rows"
        raise InputError(f"{field}: {told}; fill them, or write `missing: drop`")
    if missing == len(present):
        raise InputError(f"{field}: '{metric.name}' has no finite number in any row")
    kept = {part: values[present] for part, values in columns.items()} if missing else dict(columns)
    _refuse_huge(kept, field)
    x = tuple(kept[part] for part in kept if part.startswith("covariates"))
    own = [kept[part] for part in kept if not part.startswith("covariates")]
    y, d, yy = (own[place] if place < len(own) else None for place in range(3))
    assert y is not None
    found = Numbers(labels.kept(present) if missing else labels, y, d, yy, x, metric.covariates, present)
    if labels.owner is not None and not isinstance(metric, QuantileMetric):
        found = _added_up(found, metric, field)
    if labels.cluster is not None and isinstance(metric, RatioMetric):
        cluster = found.labels.cluster
        found = _added_up(replace(found, labels=replace(found.labels, owner=cluster, cluster=None)), metric, field)
    return found


def _refuse_huge(columns: Mapping[str, Floats], field: str) -> None:
    for part, values in columns.items():
        largest = float(np.max(np.abs(values), initial=0.0))
        if largest >= WHOLE:
            told = f"values reach {largest:.3g}, and sums are exact up to {WHOLE:.3g}"
            raise InputError(f"{field}.{part}: {told}; divide it by a power of ten")


def _refuse_changed(owner: Codes, told: Mapping[str, NDArray[np.generic]]) -> None:
    """A unit has one value of each of these; owners are numbered from 0 without a gap."""
    _, first = np.unique(owner, return_index=True)
    for name, values in told.items():
        changed = len(np.unique(owner[values != values[first][owner]]))
        if changed:
            raise InputError(
                f"{name}: {changed} of {len(first)} units have several values; a unit has one: mend the rows"
            )


def _refuse_mixed(cluster: Codes, arm: Labels) -> None:
    pairs = np.unique(cluster * len(arm.names) + arm.codes)
    mixed = int(np.sum(np.bincount(pairs // len(arm.names)) > 1))
    if mixed:
        told = f"{mixed} of {int(cluster.max()) + 1} clusters hold several arms"
        raise InputError(f"design.cluster: {told}; a cluster has one: mend the rows, or remove `cluster`")


def _added_up(found: Numbers, metric: MetricQuestion, field: str) -> Numbers:
    """Sums over the rows of each unit; a condition holds for a unit if it holds in one of its rows."""
    assert found.labels.owner is not None
    _, first, owner = np.unique(found.labels.owner, return_index=True, return_inverse=True)
    _refuse_changed(owner, {f"{field}.covariates.{i}": values for i, values in enumerate(found.x)})
    y = _totals(found.y, owner)
    if isinstance(metric, ProportionMetric):
        y = (y > 0).astype(np.float64)
    d = None if found.d is None else _totals(found.d, owner)
    labels = replace(found.labels.kept(first), owner=None)
    return Numbers(labels, y, d, None, tuple(x[first] for x in found.x), found.x_names, found.rows)


def _totals(values: Floats, codes: Codes) -> Floats:
    """Sums of whole numbers, which are exact, as decimals again."""
    whole, scale = scaled(values)
    return np.asarray(np.bincount(codes, weights=whole) / 10.0**scale, dtype=np.float64)
