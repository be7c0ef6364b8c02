"""Trials whose figures can be counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.calibration.trial import Trial
from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.stats.samples.series import Series

DESIGN = InterruptedTimeSeries(type="interrupted_time_series", season="none")


def drawn(rng: np.random.Generator) -> Drawn:
    """Sixty periods, of which the last twenty lie 5 higher."""
    outcome = rng.normal(0, 1, 60) + 5.0 * (np.arange(60) >= 40)
    return Drawn(Series(tuple(map(str, range(60))), outcome, 40), 5.0)


def scenario(**given: Any) -> Scenario:
    return Scenario(**{"name": "made_up", "title": "Made up", "design": DESIGN, "draw": drawn, **given})


def trial(**given: Any) -> Trial:
    known = {"method": "m", "truth": 1.0, "value": 1.1, "lower": 0.5, "upper": 1.7, "p_value": 0.001, "grade": "C"}
    return Trial(**{**known, "caught": False, "reason": None, **given})
