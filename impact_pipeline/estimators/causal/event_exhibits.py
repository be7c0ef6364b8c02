"""Pictures of an event study: effects by event time, and the treated beside what they would have been."""

from __future__ import annotations

import numpy as np

from impact_pipeline.causal.exhibits import Curve, CurvePoint, Paths
from impact_pipeline.stats.difference_in_differences.event_study import EventStudy
from impact_pipeline.stats.inference import quantile


def event_curve(study: EventStudy, alpha: float, rng: np.random.Generator) -> Curve:
    """Effects with a band that holds for all event times at once; the reference is 0 and has no interval."""
    factor, errors = study.band(alpha, rng), study.std_errors
    points = {
        time: CurvePoint(_label(study, time), float(time), float(value), float(value - reach), float(value + reach))
        for time, value, reach in zip(study.times, study.values, factor * errors, strict=True)
    }
    points[study.reference] = CurvePoint(str(study.reference), float(study.reference), 0.0, None, None)
    ordered = tuple(points[time] for time in sorted(points))
    return Curve(
        "event_study", "Effect by periods since the change", "periods since the change", ordered, 0.0, 1 - alpha, True
    )


def parallel_paths(study: EventStudy, alpha: float) -> Paths:
    """The treated units' mean outcome by period, and the same less the effect at that event time.

    Periods that share an end's effect share its interval, which is pointwise.
    """
    panel, treated = study.rows.panel, study.rows.is_treated
    weights = np.ones(len(panel)) if panel.weights is None else panel.weights
    periods = np.unique(panel.period[treated])
    kept = weights * treated
    totals, sizes = (np.bincount(panel.period, part, len(panel.periods)) for part in (kept * panel.outcome, kept))
    means = np.asarray(totals[periods] / sizes[periods], dtype=np.float64)
    starts = int(study.rows.starts.min())
    times = np.clip(periods - starts, min(*study.times, study.reference), max(*study.times, study.reference))
    places = {time: place for place, time in enumerate(study.times)}
    half = quantile(1 - alpha / 2, study.degrees_of_freedom) * study.std_errors
    effect = np.array([study.values[places[time]] if time in places else 0.0 for time in times])
    reach = np.array([half[places[time]] if time in places else 0.0 for time in times])
    without = means - effect
    return Paths(
        "parallel_paths", "The treated, and what they would have been",
        tuple(panel.periods[place] for place in periods), _plain(means), _plain(without),
        int(np.searchsorted(periods, starts)), _plain(without - reach), _plain(without + reach), 1 - alpha,
    )  # fmt: skip


def _plain(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _label(study: EventStudy, time: int) -> str:
    if study.binned[0] and time == study.times[0]:
        return f"{time} and before"
    return f"{time} and after" if study.binned[1] and time == study.times[-1] else str(time)
