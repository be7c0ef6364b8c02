"""Columns for what recurs: one for each part of a round, or waves; they average to about nothing over a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.stats.least_squares import Array

DAYS_OF_A_YEAR = 365.2425


def season_dummies(places: ArrayLike, length: int) -> Mapping[str, Array]:
    """`length - 1` columns: 1 in the round's part, -1 in its last part, 0 elsewhere, so that effects add up to 0.

    >>> {name: column.tolist() for name, column in season_dummies(range(4), 3).items()}
    {'season 1': [1.0, 0.0, -1.0, 1.0], 'season 2': [0.0, 1.0, -1.0, 0.0]}
    """
    phase = np.asarray(places, dtype=np.int64) % length
    last = (phase == length - 1).astype(np.float64)
    return {f"season {part + 1}": (phase == part) - last for part in range(length - 1)}


def season_waves(places: ArrayLike, length: float, pairs: int, name: str = "season") -> Mapping[str, Array]:
    """Cosine and sine of `pairs` waves, the longest of one round; a sine that is 0 at every place is left out.

    >>> list(season_waves(range(4), 4, 2))
    ['season cos 1', 'season sin 1', 'season cos 2']
    """
    angle = 2 * np.pi * np.asarray(places, dtype=np.float64) / length
    found: dict[str, Array] = {}
    for wave in range(1, pairs + 1):
        found[f"{name} cos {wave}"] = np.cos(wave * angle)
        if 2 * wave != length:
            found[f"{name} sin {wave}"] = np.sin(wave * angle)
    return found


def yearly_waves(days: Sequence[date], pairs: int) -> Mapping[str, Array]:
    """Waves over the year of the calendar.

    >>> list(yearly_waves([date(2024, 1, 1), date(2024, 7, 1)], 1))
    ['year cos 1', 'year sin 1']
    """
    return season_waves([day.toordinal() for day in days], DAYS_OF_A_YEAR, pairs, "year")
