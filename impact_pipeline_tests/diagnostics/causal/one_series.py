"""One series with a planted change, and the questions that tests of its methods ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from impact_pipeline.calibration.scenarios.interrupted_time_series import related_errors
from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.causal.series_fits import SeriesQuestion
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.series import Series

EFFECT = 4.0


def series(outcome: Array, starts: int, *, days: bool = False, **controls: Array) -> Series:
    """Periods 0, 1, .. or days from 2024-01-01 on."""
    dates = tuple(date(2024, 1, 1) + timedelta(days=place) for place in range(len(outcome)))
    labels = tuple(day.isoformat() for day in dates) if days else tuple(map(str, range(len(outcome))))
    return Series(labels, outcome, starts, controls, dates if days else None)


def shop(seed: int = 0, *, effect: float = EFFECT, periods: int = 100, starts: int = 75) -> Series:
    """Days around a steady level with a control, and a lift from `starts` on."""
    rng = np.random.default_rng(seed)
    control = 20 + related_errors(periods, 0.5, rng)
    outcome = 50 + control + rng.normal(size=periods)
    outcome[starts:] += effect
    return series(outcome, starts, days=True, market=control)


def interrupted(of: Series, **settings: Any) -> SeriesQuestion:
    return Question(of, InterruptedTimeSeries.model_validate({"type": "interrupted_time_series", **settings}))


def structural(of: Series, **settings: Any) -> SeriesQuestion:
    asked = {"type": "structural_time_series", "draws": 1000, **settings}
    return Question(of, StructuralTimeSeries.model_validate(asked))


def effects(question: SeriesQuestion) -> Effects:
    estimator = causal_estimator(question.design)
    assert estimator is not None
    return estimator.effects(question)


def with_outcome(of: Series, outcome: Array) -> Series:
    return replace(of, outcome=outcome)
