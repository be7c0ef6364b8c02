"""Studies and cells written out in a test: plans as documents in memory, units as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.catalog.metrics.mean import MeanMetric
from impact_pipeline.catalog.metrics.proportion import ProportionMetric
from impact_pipeline.catalog.metrics.quantile import QuantileMetric
from impact_pipeline.catalog.metrics.ratio import RatioMetric
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cell, Cells
from impact_pipeline.stats.buckets import buckets_of
from impact_pipeline.stats.moments import Moments, as_exact

Array = NDArray[Any]

Values = Array | Sequence[int]

START = date(2026, 3, 2)
OWNED = {"owner": "team:shop", "description": "test"}
TWO_ARMS = {"type": "randomized", "arms": {"control": 0.5, "treatment": 0.5}, "control": "control"}


def mean_metric(name: str = "orders", *, days: int = 1, **fields: Any) -> MeanMetric:
    return MeanMetric.model_validate({**_metric(name, days), "type": "mean", "value": _TOTAL, **fields})


def proportion_metric(name: str = "buyers", *, days: int = 1, **fields: Any) -> ProportionMetric:
    return ProportionMetric.model_validate({**_metric(name, days), "type": "proportion", "value": _TOTAL, **fields})


def ratio_metric(name: str = "click_rate", *, days: int = 1, **fields: Any) -> RatioMetric:
    parts = {"numerator": _TOTAL, "denominator": _TOTAL}
    return RatioMetric.model_validate({**_metric(name, days), "type": "ratio", **parts, **fields})


def quantile_metric(name: str = "median_order", *, days: int = 1, **fields: Any) -> QuantileMetric:
    parts = {"value": _TOTAL, "quantile": 0.5}
    return QuantileMetric.model_validate({**_metric(name, days), "type": "quantile", **parts, **fields})


_TOTAL = {"fact": "orders", "measure": "amount"}


def _metric(name: str, days: int) -> dict[str, Any]:
    label = name.replace("_", " ").capitalize()
    shown = {"label": label, "unit": "EUR", "better": "higher", "version": 1, "window": {"days": days}}
    return {"name": name, **OWNED, **shown}


def study(
    *metrics: Metric,
    uses: Sequence[Mapping[str, Any]] = (),
    design: Mapping[str, Any] = TWO_ARMS,
    days: int = 1,
    **plan: Any,
) -> Study:
    """A study of these metrics, by default all of role success, enrolling from `START` for `days` days."""
    chosen = uses or [{"metric": metric.name, "role": "success"} for metric in metrics]
    document = {
        "apiVersion": "impact-plan/v1", "name": "ranker_v7", **OWNED, "title": "Ranker 7", "entity": "user",
        "change": {"model": "ranker", "from_version": "6", "to_version": "7"}, "hypothesis": "more orders",
        "design": design, "exposure": {"dataset": "exposures", "arm_column": "arm", "exposed_at": "exposed_at"},
        "starts": START, "ends": START + timedelta(days=days - 1), "metrics": chosen,
        "decision": {"min_units_per_arm": 2}, **plan,
    }  # fmt: skip
    measure = {"amount": {"expression": "amount", "unit": "EUR"}}
    fact = {"name": "orders", **OWNED, "dataset": "orders", "entity": "user", "event_at": "at", "measures": measure}
    catalog = Catalog(
        Path("catalog"),
        facts={"orders": Fact.model_validate(fact)},
        features={name: _covariate(name) for metric in metrics for name in metric.covariates},
        metrics={metric.name: metric for metric in metrics},
    )
    return Study(catalog, EvaluationPlan.model_validate(document))


def _covariate(name: str) -> SumFeature:
    about = {"dataset": "orders", "entity": "user", "event_at": "at", "expression": "amount", "unit": "EUR"}
    return SumFeature.model_validate({"type": "sum", "name": name, "version": 1, **OWNED, **about, "lookback_days": 14})


def moments(y: Values, d: Values = (), x: Values | Sequence[Values] = ()) -> Moments:
    """Moments of integer outcomes, denominators and covariates (one, or a sequence of them) of the same units."""
    ys, ds = (_integers(values if len(values) else np.zeros(len(y))) for values in (y, d))
    xs = [_integers(values) for values in (np.atleast_2d(np.asarray(x)) if len(x) else ())]
    return Moments(
        len(ys), int(ys.sum()), _product(ys, ys), int(ds.sum()), _product(ds, ds), _product(ys, ds),
        tuple(int(a.sum()) for a in xs), tuple(_product(a, b) for i, a in enumerate(xs) for b in xs[i:]),
        tuple(_product(a, ys) for a in xs), tuple(_product(a, ds) for a in xs),
    )  # fmt: skip


def _integers(values: Values) -> Array:
    return np.asarray(values).astype(np.int64)


def _product(a: Array, b: Array) -> int:
    """Sum of products, by Python's integers where it may pass 64 bits."""
    largest = float(np.abs(a).max(initial=0)) * float(np.abs(b).max(initial=0)) * len(a)
    return int(np.dot(a, b) if largest < 2**62 else np.dot(as_exact(a), as_exact(b)))


def scaled(found: Moments, scale: int) -> Moments:
    """The same integers read as values with `scale` decimal places."""
    return replace(found, y_scale=scale, d_scale=scale, x_scales=tuple(scale for _ in found.x))


def by_bucket(y: Values, digits: int, d: Values = (), x: Values | Sequence[Values] = ()) -> dict[int, Moments]:
    """What is kept of a capped reading beside its moments: those of the units in each bucket of y."""
    names = buckets_of(np.asarray(y, dtype=np.int64), digits)
    columns = [np.atleast_2d(np.asarray(values)) if len(values) else np.zeros((0, len(y))) for values in (y, d, x)]

    def of(bucket: int) -> Moments:
        ys, ds, xs = (column[:, names == bucket] for column in columns)
        return moments(ys[0], ds[0] if len(ds) else (), xs if len(xs) else ())

    return {int(bucket): of(bucket) for bucket in np.unique(names)}


def units_by_value(y: Values, digits: int) -> tuple[Moments, dict[int, Moments]]:
    """What is kept of a quantile over units: the units, and those in each bucket of y."""
    names, counts = np.unique(buckets_of(np.asarray(y, dtype=np.int64), digits), return_counts=True)
    buckets = {int(b): Moments(n=int(n), y=int(n), yy=int(n), yd=int(n)) for b, n in zip(names, counts, strict=True)}
    return Moments(n=len(y), d=len(y), dd=len(y)), buckets


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one arm exposed on one day, with their moments by metric, and by metric and bucket of values.

    `exposed` counts those not matured too.
    """

    arm: str
    metrics: Mapping[str, Moments]
    day: date = START
    segment: tuple[str, str] = ALL_UNITS
    exposed: int | None = None
    undefined: int = 0
    buckets: Mapping[str, Mapping[int, Moments]] = field(default_factory=dict)


def cells(*groups: Group, mixed_units: int = 0) -> Cells:
    return Cells.of([cell for group in groups for cell in cells_of(group)], mixed_units)


def cells_of(group: Group) -> list[Cell]:
    units = group.exposed if group.exposed is not None else max(int(m.n) for m in group.metrics.values())
    where = (group.day, group.arm, *group.segment)
    counted = Cell(*where, EXPOSED, Moments(n=units))
    whole = [Cell(*where, name, found, group.undefined) for name, found in group.metrics.items()]
    parts = [
        Cell(*where, name, found, bucket=bucket)
        for name, buckets in group.buckets.items()
        for bucket, found in buckets.items()
    ]
    return [counted, *whole, *parts]


def exposed(arm: str, units: int, day: date = START, segment: tuple[str, str] = ALL_UNITS) -> Group:
    """Units exposed, none of whose windows has closed."""
    return Group(arm, {}, day, segment, exposed=units)
