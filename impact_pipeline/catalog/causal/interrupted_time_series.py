"""One series, its level and trend before and after."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.document import Model

Season = Literal["automatic", "none"] | Annotated[int, Field(ge=2)]
"""Periods of one round; automatic: 7 of days, 12 of months, 4 of quarters where two rounds lie before the change."""
HeldOut = Literal["automatic"] | Annotated[int, Field(ge=2)]
"""Last periods before the change that are foretold without being seen; automatic: as many as lie under the change, at
most a third of those before it."""
Pairs = Annotated[int, Field(ge=1)]


class InterruptedTimeSeries(Model):
    """One series, its level and trend before and after.

    `season_waves` pairs of waves describe the season instead of a level for each part of it; `yearly_waves` the year of
    the calendar, of periods that are dates. `errors` of Newey and West take `lags` neighbours.
    """

    type: Literal["interrupted_time_series"]
    trend: Literal["none", "linear"] = "linear"
    season: Season = "automatic"
    season_waves: Pairs | None = None
    yearly_waves: Pairs | None = None
    errors: Literal["autoregressive", "newey_west", "newey_west_small_sample"] = "autoregressive"
    lags: Literal["automatic"] | Annotated[int, Field(ge=0)] = "automatic"
    backtest: HeldOut = "automatic"

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if self.lags != "automatic" and self.errors == "autoregressive":
            raise ValueError("lags are of Newey and West's errors: leave them out, or choose errors: newey_west")
        if self.season == "none" and self.season_waves:
            raise ValueError("season_waves describe a season, and season is none: drop one of the two")
        return self
