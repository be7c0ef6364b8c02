"""How large the synthetic shop is, when it lives, and the seed that decides everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from impact_pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class WorldConfig:
    """Studies expose units for `exposure_days`, after `warm_up_days` that serve as their pre-period."""

    seed: int = 7
    users: int = 24_000
    first_day: date = date(2026, 3, 2)
    days: int = 35
    warm_up_days: int = 14
    exposure_days: int = 12

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise InputError(f"world: seed is {self.seed}; it must lie in 0 .. 2^63 - 1")
        if self.users < 100:
            raise InputError(f"world: users is {self.users}; at least 100 are needed, or arms stay empty")
        if self.warm_up_days < 1 or self.exposure_days < 2:
            raise InputError("world: at least 1 day of warm-up and 2 days of exposure are needed")
        if self.days < self.warm_up_days + self.exposure_days:
            needed = self.warm_up_days + self.exposure_days
            raise InputError(f"world: days is {self.days}; warm-up and exposure need {needed}; raise it")

    @property
    def last_day(self) -> date:
        return self.date_of(self.days - 1)

    @property
    def exposure_starts(self) -> date:
        return self.date_of(self.warm_up_days)

    @property
    def exposure_ends(self) -> date:
        """The last day on which units are exposed."""
        return self.date_of(self.warm_up_days + self.exposure_days - 1)

    def date_of(self, day: int) -> date:
        """The calendar day of the world's day `day`, counted from 0."""
        return self.first_day + timedelta(days=day)

    def phase_starts(self, begins: float) -> date:
        """The day on which the share `begins` of the days of exposure has passed."""
        return self.date_of(self.warm_up_days + ceil(begins * self.exposure_days))


DEMO_WORLD = WorldConfig()
SMALL_WORLD = WorldConfig(users=2_000, days=12, warm_up_days=3, exposure_days=3)
"""For tests: windows of up to 7 days close within it, the later ones do not."""
