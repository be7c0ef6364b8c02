"""The shop's days: weekday pattern, season, growth and marketing bursts, as factors on traffic and on buying."""

from __future__ import annotations

from math import pi, sin
from typing import Final

from impact_pipeline.world.config import WorldConfig

WEEKDAY_TRAFFIC: Final = (0.94, 0.91, 0.93, 0.97, 1.05, 1.18, 1.14)
GROWTH_A_DAY: Final = 0.002
SEASON_DAYS: Final = 91
SEASON_SWING: Final = 0.06
BURST_TRAFFIC: Final = 1.30
BURST_BUYING: Final = 1.15


def in_burst(config: WorldConfig, day: int) -> bool:
    """Marketing runs for three days in the warm-up and for four days from the second day of exposures on."""
    since = day - config.warm_up_days
    return 1 <= since <= 4 or -8 <= since <= -6


def traffic(config: WorldConfig, day: int) -> float:
    """The day's sessions relative to a plain day's."""
    season = 1 + SEASON_SWING * sin(2 * pi * day / SEASON_DAYS)
    weekday = WEEKDAY_TRAFFIC[config.date_of(day).weekday()]
    return weekday * season * (1 + GROWTH_A_DAY) ** day * (BURST_TRAFFIC if in_burst(config, day) else 1.0)


def buying(config: WorldConfig, day: int) -> float:
    """The day's orders per session relative to a plain day's."""
    return BURST_BUYING if in_burst(config, day) else 1.0
