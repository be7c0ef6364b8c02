"""One outcome over time, with what moves it and was not moved by the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Series:
    """Periods in order, one value each, NaN where none was seen.

    `starts` is the place of the first period under the change. `controls` are other series (of markets without the
    change, of marketing, of holidays as 0 and 1), by period and without NaN. `days` are the periods' dates where they
    are dates, for the season of the week and the year.
    """

    periods: tuple[str, ...]
    outcome: Floats
    starts: int
    controls: Mapping[str, Floats] = field(default_factory=dict)
    days: tuple[date, ...] | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def before(self) -> int:
        """How many periods there are without the change.

        >>> Series(("1", "2", "3"), np.zeros(3), 2).before
        2
        """
        return self.starts

    def control_columns(self) -> Floats:
        """Controls as columns, (periods, k)."""
        if not self.controls:
            return np.empty((len(self), 0))
        return np.column_stack(list(self.controls.values()))
