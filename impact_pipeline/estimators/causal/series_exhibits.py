"""What effects on one series show: what happened beside what would have, and effects along the periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.causal.exhibits import Curve, CurvePoint, Paths
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.series import Series


def paths(series: Series, without: Array, lower: Array, upper: Array, alpha: float) -> Paths:
    """Periods without an outcome are left out."""
    seen = np.flatnonzero(np.isfinite(series.outcome))
    return Paths(
        "paths",
        "Outcome, and what it would have been",
        tuple(series.periods[place] for place in seen),
        _floats(series.outcome[seen]),
        _floats(without[seen]),
        int((seen < series.starts).sum()),
        _floats(lower[seen]),
        _floats(upper[seen]),
        1 - alpha,
    )


def curve(name: str, title: str, labels: Sequence[str], values: tuple[Array, Array, Array], alpha: float) -> Curve:
    """Effects by period under the change: value, lower and upper bound of each."""
    points = tuple(
        CurvePoint(label, float(place), float(value), float(lower), float(upper))
        for place, (label, value, lower, upper) in enumerate(zip(labels, *values, strict=True))
    )
    return Curve(name, title, "periods since the change", points, 0.0, 1 - alpha)


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
