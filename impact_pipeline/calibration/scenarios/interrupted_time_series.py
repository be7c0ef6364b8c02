"""One series with a level, a trend and errors that are related over time, whose change is known."""

from __future__ import annotations

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.series import Series

PERIODS, STARTS = 96, 64
CORRELATION = 0.4
JUMP, SLOPE = 1.5, 0.05
DESIGN = InterruptedTimeSeries(type="interrupted_time_series")


def related_errors(periods: int, correlation: float, rng: np.random.Generator) -> Array:
    """A first-order autoregression of innovations with variance 1, from its long-run spread on.

    >>> related_errors(3, 0.0, np.random.default_rng(0)).round(2).tolist()
    [0.13, -0.13, 0.64]
    """
    found = rng.normal(size=periods)
    found[0] /= np.sqrt(1 - correlation**2)
    for place in range(1, periods):
        found[place] += correlation * found[place - 1]
    return found


def _drawn(outcome: Array, effect: Array) -> Drawn:
    periods = tuple(str(place) for place in range(PERIODS))
    return Drawn(Series(periods, outcome + effect, STARTS), float(effect[STARTS:].mean()))


def _baseline(rng: np.random.Generator) -> Array:
    return 20 + 0.05 * np.arange(PERIODS) + related_errors(PERIODS, CORRELATION, rng)


def _effect(jump: float, slope: float) -> Array:
    since = np.arange(PERIODS) - STARTS
    return np.where(since >= 0, jump + slope * since, 0.0)


def changed(rng: np.random.Generator) -> Drawn:
    """Level and trend change."""
    return _drawn(_baseline(rng), _effect(JUMP, SLOPE))


def unchanged(rng: np.random.Generator) -> Drawn:
    """Nothing happens."""
    return _drawn(_baseline(rng), _effect(0.0, 0.0))


def bent_before(rng: np.random.Generator) -> Drawn:
    """The trend turns by itself, well before the change."""
    bend = 0.3 * np.maximum(np.arange(PERIODS) - 40, 0)
    return _drawn(_baseline(rng) + bend, _effect(0.0, 0.0))


def seasonal(rng: np.random.Generator) -> Drawn:
    """A season that the design does not know of."""
    season = 2.5 * np.sin(2 * np.pi * np.arange(PERIODS) / 12)
    return _drawn(_baseline(rng) + season, _effect(0.0, 0.0))


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("changed_series", "Level and trend change", DESIGN, changed),
    Scenario("unchanged_series", "Nothing happens", DESIGN, unchanged),
    Scenario(
        "series_bent_before", "The trend turns before the change", DESIGN, bent_before,
        "the trend before the change would not have gone on", ("backtest", "placebo_start"),
    ),
    Scenario(
        "series_with_hidden_season", "A season that the design leaves out", DESIGN, seasonal,
        "errors come round again", ("residual_autocorrelation", "backtest"),
    ),
)  # fmt: skip
