"""One series against what its own past and control series foretold."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impact_pipeline.catalog.causal.interrupted_time_series import HeldOut, Pairs, Season
from impact_pipeline.catalog.document import Model


class StructuralTimeSeries(Model):
    """One series against what its own past and control series foretold.

    `level_spread` says how far a period moves the level, in spreads of the outcome, as 32 observations would (R's
    CausalImpact: 0.01); without it the series itself tells. With `step` the change is a lasting shift of the level that
    is fitted to the whole series, instead of what a forecast from before it leaves.
    """

    type: Literal["structural_time_series"]
    level: Literal["local_level", "local_linear_trend", "fixed"] = "local_level"
    season: Season = "automatic"
    season_waves: Pairs | None = None
    yearly_waves: Pairs | None = None
    level_spread: Annotated[float, Field(gt=0)] | None = None
    step: bool = False
    draws: Annotated[int, Field(ge=200, le=100_000)] = 2_000
    backtest: HeldOut = "automatic"

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if self.level_spread is not None and self.level == "fixed":
            raise ValueError("a fixed level does not move: drop level_spread, or choose level: local_level")
        if self.season == "none" and self.season_waves:
            raise ValueError("season_waves describe a season, and season is none: drop one of the two")
        return self
