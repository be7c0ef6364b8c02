"""Studies and cells written out in a test: plans as documents in memory, units as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Catalog, Study
from impact_pipeline.catalog.fact import Fact
from impact_pipeline.catalog.feature import SumFeature
from impact_pipeline.catalog.metric import MeanMetric, Metric, ProportionMetric, RatioMetric
from impact_pipeline.catalog.plan import EvaluationPlan
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cell, Cells
from impact_pipeline.stats.moments import Moments

Array = NDArray[Any]

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
        features={metric.covariate: _covariate(metric.covariate) for metric in metrics if metric.covariate},
        metrics={metric.name: metric for metric in metrics},
    )
    return Study(catalog, EvaluationPlan.model_validate(document))


def _covariate(name: str) -> SumFeature:
    about = {"dataset": "orders", "entity": "user", "event_at": "at", "expression": "amount", "unit": "EUR"}
    return SumFeature.model_validate({"type": "sum", "name": name, "version": 1, **OWNED, **about, "lookback_days": 14})


def moments(y: Array | Sequence[int], d: Array | Sequence[int] = (), x: Array | Sequence[int] = ()) -> Moments:
    """Moments of integer outcomes, denominators and covariates of the same units."""
    ys, ds, xs = (np.asarray(values if len(values) else np.zeros(len(y)), dtype=np.int64) for values in (y, d, x))

    def product(a: Array, b: Array) -> int:
        return int(np.dot(a, b))

    return Moments(
        len(ys), int(ys.sum()), product(ys, ys), int(ds.sum()), product(ds, ds), product(ys, ds),
        int(xs.sum()), product(xs, xs), product(xs, ys), product(xs, ds),
    )  # fmt: skip


def scaled(found: Moments, scale: int) -> Moments:
    """The same integers read as values with `scale` decimal places."""
    return replace(found, y_scale=scale, d_scale=scale, x_scale=scale)


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one arm exposed on one day, with their moments by metric; `exposed` counts those not matured too."""

    arm: str
    metrics: Mapping[str, Moments]
    day: date = START
    segment: tuple[str, str] = ALL_UNITS
    exposed: int | None = None
    undefined: int = 0


def cells(*groups: Group, mixed_units: int = 0) -> Cells:
    return Cells(tuple(cell for group in groups for cell in _cells_of(group)), mixed_units)


def _cells_of(group: Group) -> list[Cell]:
    units = group.exposed if group.exposed is not None else max(m.n for m in group.metrics.values())
    where = (group.day, group.arm, *group.segment)
    counted = Cell(*where, EXPOSED, Moments(n=units))
    return [counted, *(Cell(*where, name, found, group.undefined) for name, found in group.metrics.items())]


def exposed(arm: str, units: int, day: date = START, segment: tuple[str, str] = ALL_UNITS) -> Group:
    """Units exposed, none of whose windows has closed."""
    return Group(arm, {}, day, segment, exposed=units)
