"""Units of the past as arrays, and the histories they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.outcomes.variables import variables_of
from impact_pipeline.planning.history import History
from impact_pipeline.planning.measured_past import MeasuredPast
from impact_pipeline.planning.period import Period
from impact_pipeline.planning.population import Population
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import START, Group, cells, moments, units_by_value

Ints = NDArray[np.int64]

BY_SHOP = {
    "type": "cluster_randomized", "arms": {"control": 0.5, "treatment": 0.5}, "control": "control", "cluster": "shop",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Units:
    """Outcome, denominator, covariate and cluster of the same units; those that a metric has."""

    y: Ints
    d: Ints | None = None
    x: Ints | None = None
    cluster: Ints | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Units:
        columns = (None if c is None else c[chosen] for c in (self.y, self.d, self.x, self.cluster))
        return Units(*columns)  # type: ignore[arg-type]


def past_cells(units: Mapping[str, Units], quantiles: Mapping[str, int] | None = None) -> Cells:
    """Cells of units that all have the control, by metric; `quantiles` are read by value, to so many digits."""
    digits = quantiles or {}
    whole = {name: _moments(own) for name, own in units.items() if name not in digits}
    by_value = {name: units_by_value(units[name].y, n) for name, n in digits.items()}
    whole |= {name: found for name, (found, _) in by_value.items()}
    groups = [Group("control", whole, buckets={name: parts for name, (_, parts) in by_value.items()})]
    clustered = {name: own for name, own in units.items() if own.cluster is not None}
    for cluster in sorted({int(c) for own in clustered.values() for c in np.unique(own.cluster)}):  # type: ignore[arg-type]
        inside = {name: _moments(own.take(own.cluster == cluster)) for name, own in clustered.items()}  # type: ignore[arg-type]
        groups.append(Group("control", inside, segment=(CLUSTER, f"{cluster:04}")))
    return cells(*groups)


def history_of(study: Study, found: Cells, arrivals: Sequence[int] = (200,) * 7) -> History:
    """A history with these cells, whose days brought so many units."""
    days = {START + timedelta(days=n): count for n, count in enumerate(arrivals)}
    period = Period(START, START + timedelta(days=len(arrivals) - 1), {})
    past = MeasuredPast(found, days, variables_of(study), None, {})
    return History(study, Population("exposures", "exposed_at", "users in 'exposures'"), period, past, {})


def _moments(units: Units) -> Moments:
    return moments(units.y, () if units.d is None else units.d, () if units.x is None else units.x)
