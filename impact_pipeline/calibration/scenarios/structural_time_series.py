"""Days of a shop whose level wanders, with a week's season and a control series, and whose change is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.series import Series

DAYS, STARTS = 154, 112
WANDERING = 0.3
"""A day's step of the level, in spreads of the irregular."""
EFFECT = 4.0
DESIGN = StructuralTimeSeries(type="structural_time_series", draws=1000)
WITHOUT_SEASON = StructuralTimeSeries(type="structural_time_series", draws=1000, season="none")
WEEK = np.array([0.0, 0.2, 0.4, 0.5, 1.5, 3.0, 2.0])


def _drawn(outcome: Array, control: Array, effect: float) -> Drawn:
    days = tuple(date(2024, 1, 1) + timedelta(days=day) for day in range(DAYS))
    lift = np.where(np.arange(DAYS) >= STARTS, effect, 0.0)
    periods = tuple(day.isoformat() for day in days)
    return Drawn(Series(periods, outcome + lift, STARTS, {"market": control}, days), effect)


def _shop(rng: np.random.Generator) -> tuple[Array, Array]:
    """Outcome without the change, and the control."""
    control = 30 + np.cumsum(rng.normal(size=DAYS))
    level = 50 + WANDERING * np.cumsum(rng.normal(size=DAYS))
    return level + 0.8 * control + np.resize(WEEK, DAYS) + rng.normal(size=DAYS), control


def lifted(rng: np.random.Generator) -> Drawn:
    """The change lifts every day alike."""
    return _drawn(*_shop(rng), EFFECT)


def unchanged(rng: np.random.Generator) -> Drawn:
    """Nothing happens."""
    return _drawn(*_shop(rng), 0.0)


def moved_control(rng: np.random.Generator) -> Drawn:
    """The change moves the control with the outcome."""
    outcome, control = _shop(rng)
    after = np.arange(DAYS) >= STARTS
    return _drawn(outcome, control + 40 * after, EFFECT)


def moved_before(rng: np.random.Generator) -> Drawn:
    """Something else lifts the level three weeks before the change."""
    outcome, control = _shop(rng)
    return _drawn(outcome + 15 * (np.arange(DAYS) >= STARTS - 21), control, 0.0)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("lifted_days", "The change lifts every day", DESIGN, lifted),
    Scenario("unchanged_days", "Nothing happens", DESIGN, unchanged),
    Scenario(
        "days_with_moved_control", "The change moves the control series", DESIGN, moved_control,
        "the control takes a part of the effect", ("control_series_moved",),
    ),
    Scenario(
        "days_moved_before", "Another event lifts the level before the change", DESIGN, moved_before,
        "the level jumped in a way that it does not wander", ("backtest", "placebo_start", "residual_autocorrelation"),
    ),
    Scenario(
        "days_without_their_week", "The design leaves the week's season out", WITHOUT_SEASON, unchanged,
        "days of the week are taken for chance", ("residual_autocorrelation",),
    ),
)  # fmt: skip
